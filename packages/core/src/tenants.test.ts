import { expect, test } from "vitest";
import { makeId, type TenantId } from "./ids.ts";
import {
  databaseName,
  makeTenant,
  patchTenant,
  schemaName,
  servesReads,
  servesWrites,
  statusProblem,
  tenantChanges,
  tenantStatuses,
} from "./tenants.ts";

const now = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-02T00:00:00Z");
const id: TenantId = makeId(now);
const tenant = makeTenant(
  {
    slug: "acme",
    name: "Acme",
    isolation: "schema",
    plan: "standard",
    domain: "app.acme.com",
    settings: { theme: "dark", locale: "en" },
    adminEmail: "ada@acme.com",
  },
  { id, placement: { cluster: "main", schema: schemaName(id) }, now },
);

test("a new tenant is being provisioned, at version one, and keeps no one's address", () => {
  expect(tenant).toMatchObject({ status: "provisioning", version: 1, createdAt: now });
  expect(tenant).not.toHaveProperty("adminEmail");
});

test("a patch changes what it names, merges settings and releases the domain", () => {
  const patch = { name: "Acme Air", domain: null, settings: { theme: null, seats: 2 } };
  const patched = patchTenant(tenant, patch as never, later);
  expect(patched).toMatchObject({
    name: "Acme Air",
    settings: { locale: "en", seats: 2 },
    version: 2,
    updatedAt: later,
    createdAt: now,
  });
  expect(patched).not.toHaveProperty("domain");
  expect(tenantChanges(tenant, patched)).toEqual({
    before: { name: "Acme", domain: "app.acme.com", settings: tenant.settings },
    after: { name: "Acme Air", domain: null, settings: { locale: "en", seats: 2 } },
  });
});

test("a patch that changes nothing returns the very same tenant", () => {
  expect(patchTenant(tenant, {}, later)).toBe(tenant);
  expect(patchTenant(tenant, { name: "Acme", settings: { locale: "en" } }, later)).toBe(tenant);
});

test("only an active tenant is written, and only an active or read-only one is read", () => {
  expect(tenantStatuses.filter(servesWrites)).toEqual(["active"]);
  expect(tenantStatuses.filter(servesReads)).toEqual(["active", "readonly"]);
});

test("every status says why it does not serve", () => {
  const answers = tenantStatuses.map((status) => [status, statusProblem(status, "write")]);
  expect(Object.fromEntries(answers)).toEqual({
    provisioning: "tenant_not_ready",
    pending: "tenant_not_ready",
    active: undefined,
    readonly: "tenant_readonly",
    suspended: "tenant_suspended",
    deleting: "tenant_ended",
    archived: "tenant_ended",
    purged: "tenant_ended",
    failed: "tenant_not_ready",
  });
});

test("names of partitions come from the id, and never exceed what PostgreSQL keeps of a name", () => {
  expect(schemaName(id)).toMatch(/^t_[0-9a-f]{32}$/);
  expect(databaseName(id, "hestia_")).toBe(`hestia_${schemaName(id)}`);
  expect(() => databaseName(id, "x".repeat(30))).toThrow("too long");
});
