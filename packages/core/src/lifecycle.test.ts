import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isHestiaError } from "./errors.ts";
import type { TenantId } from "./ids.ts";
import { canMove, movesFrom, moveTenant, type TenantMove, tenantMoves } from "./lifecycle.ts";
import { servesReads, type Tenant, type TenantStatus, tenantStatuses } from "./tenants.ts";

const start = new Date("2026-01-01T00:00:00Z");
const now = new Date("2026-01-02T00:00:00Z");
const moves = Object.keys(tenantMoves) as TenantMove[];

const fresh: Tenant = {
  id: "0197f0a0-0000-7000-8000-000000000001" as TenantId,
  slug: "acme",
  name: "Acme",
  status: "provisioning",
  isolation: "shared",
  placement: { cluster: "main" },
  plan: "standard",
  settings: {},
  createdAt: start,
  updatedAt: start,
  version: 1,
};

const walk = (path: TenantMove[], reason?: string) =>
  path.reduce((tenant, move) => moveTenant(tenant, move, { now, reason }), fresh);

describe("a tenant", () => {
  test("lives from provisioning to purged", () => {
    const path: TenantMove[] = ["await_verification", "activate", "suspend", "resume", "delete"];
    expect(walk([...path, "archive", "purge"])).toMatchObject({ status: "purged", version: 8 });
  });

  test.each<[TenantMove[], TenantStatus]>([
    [["activate"], "active"],
    [["activate", "suspend"], "suspended"],
    [["activate", "make_readonly"], "readonly"],
    [["await_verification"], "pending"],
    [["fail"], "failed"],
    [[], "provisioning"],
  ])("that was deleted after %j is restored to %s", (path, status) => {
    const restored = walk([...path, "delete", "restore"]);
    expect(restored.status).toBe(status);
    expect(restored).not.toHaveProperty("restoreStatus");
  });

  test("that is suspended keeps the reason until it resumes", () => {
    const suspended = moveTenant(walk(["activate"]), "suspend", { now, reason: "Unpaid." });
    expect(suspended).toMatchObject({ statusReason: "Unpaid.", version: 3, updatedAt: now });
    expect(moveTenant(suspended, "resume", { now })).not.toHaveProperty("statusReason");
  });

  test("that is where a move leads stays the same object, unless the reason changes", () => {
    const suspended = moveTenant(walk(["activate"]), "suspend", { now, reason: "Unpaid." });
    expect(moveTenant(suspended, "suspend", { now, reason: "Unpaid." })).toBe(suspended);
    expect(moveTenant(suspended, "suspend", { now })).toBe(suspended);
    expect(moveTenant(suspended, "suspend", { now, reason: "Abuse." })).toMatchObject({
      statusReason: "Abuse.",
      version: 4,
    });
  });

  test("that is suspended is reviewed on the day it was given last, until it is served", () => {
    const [first, second] = [new Date("2026-02-01"), new Date("2026-03-01")];
    const options = { now, reason: "Unpaid.", reviewAt: first };
    const suspended = moveTenant(walk(["activate"]), "suspend", options);
    expect(suspended).toMatchObject({ reviewAt: first, version: 3 });
    expect(moveTenant(suspended, "suspend", options)).toBe(suspended);
    const due = { ...suspended, reviewDueAt: now };
    expect(moveTenant(due, "suspend", { now, reason: "Abuse." })).toMatchObject({
      ...{ statusReason: "Abuse.", reviewAt: first, reviewDueAt: now },
    });
    const later = moveTenant(due, "suspend", { now, reviewAt: second });
    expect(later).toMatchObject({ statusReason: "Unpaid.", reviewAt: second });
    expect(later.reviewDueAt).toBeUndefined();
    expect(moveTenant(due, "make_readonly", { now })).toMatchObject({ reviewDueAt: now });
    const back = moveTenant(moveTenant(due, "delete", { now }), "restore", { now });
    expect(back).toMatchObject({ status: "suspended", reviewAt: first, reviewDueAt: now });
    expect(moveTenant(due, "resume", { now })).not.toHaveProperty("reviewAt");
    expect(moveTenant(due, "resume", { now })).not.toHaveProperty("reviewDueAt");
  });

  test("that is not ready cannot be brought to life by resuming it", () => {
    for (const path of [[], ["await_verification"], ["fail"], ["activate", "delete"]] as const)
      expect(() => moveTenant(walk([...path]), "resume", { now })).toThrow(
        expect.objectContaining({ code: "tenant_transition_refused" }),
      );
  });
});

test("every status can be reached", () => {
  const reached = new Set<TenantStatus>();
  const visit = (tenant: Tenant) => {
    if (reached.has(tenant.status)) return;
    reached.add(tenant.status);
    for (const move of movesFrom(tenant)) visit(moveTenant(tenant, move, { now }));
  };
  visit(fresh);
  expect([...reached].sort()).toEqual([...tenantStatuses].sort());
});

test("on every walk, refusals change nothing and the invariants hold", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...moves), { maxLength: 40 }), (path) => {
      let tenant = fresh;
      let wasActivated = false;
      for (const move of path) {
        const next = attempt(tenant, move);
        if (next === undefined) {
          expect(canMove(tenant, move)).toBe(false);
          continue;
        }
        if (tenant.status === "purged") expect(next.status).toBe("purged");
        if (tenant.status === "archived")
          expect(["archived", "provisioning", "purged"]).toContain(next.status);
        expect(next.version).toBe(next === tenant ? tenant.version : tenant.version + 1);
        expect(next.id).toBe(tenant.id);
        wasActivated ||= move === "activate";
        if (servesReads(next.status)) expect(wasActivated).toBe(true);
        if (next.status === "deleting") expect(next.restoreStatus).toBeDefined();
        tenant = next;
      }
    }),
    { numRuns: 2_000 },
  );
});

function attempt(tenant: Tenant, move: TenantMove): Tenant | undefined {
  const before = JSON.stringify(tenant);
  try {
    return moveTenant(tenant, move, { now });
  } catch (error) {
    expect(isHestiaError(error, "tenant_transition_refused")).toBe(true);
    return undefined;
  } finally {
    expect(JSON.stringify(tenant)).toBe(before);
  }
}
