// The commands about the audit log, against a real server.
import type { AuditEventView } from "@hestia/api";
import type { Page } from "@hestia/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.run("tenants create acme --name Acme");
  await world.run("tenants create zenith --name Zenith");
  await world.run("tenants suspend acme --reason unpaid");
});
afterAll(() => world?.end());

const audit = async (words: string) => jsonOf<Page<AuditEventView>>(await world.run(words));

test("it says who did what, when and why, the newest first", async () => {
  const { code, stdout } = await world.run("audit list --type tenant.suspended,tenant.created");
  expect(code).toBe(0);
  const [head, ...lines] = stdout.trim().split("\n");
  expect(head).toMatch(/^WHEN +WHAT +WHO +TENANT +WHY/);
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/tenant\.suspended .* unpaid/);
});

test("it is narrowed to a tenant, read page by page, or whole", async () => {
  const all = await audit("audit list --tenant acme --all --json");
  expect(all.items.map(({ type }) => type)).toContain("tenant.suspended");
  expect(new Set(all.items.map(({ tenantId }) => tenantId)).size).toBe(1);
  const { items, nextCursor } = await audit("audit list --tenant acme --limit 1 --json");
  expect(items).toEqual(all.items.slice(0, 1));
  const next = await audit(`audit list --tenant acme --limit 1 --cursor ${nextCursor} --json`);
  expect(next.items).toEqual(all.items.slice(1, 2));
});

test("what is no type is refused, and nothing found is said", async () => {
  const { code, stderr } = await world.run("audit list --type tenant.vanished");
  expect([code, stderr]).toEqual([2, expect.stringContaining("tenant.created")]);
  const { stdout, stderr: none } = await world.run("audit list --type tenant.purged");
  expect([stdout, none]).toEqual(["", "Nothing happened.\n"]);
});
