// The commands about plans, a tenant's activation, its trial and the review of its suspension, against a real server.
import type { PlanView, TenantView, VerificationsView } from "@hestia/api";
import type { Page } from "@hestia/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.end());

test("a plan is created, listed, shown, changed and deleted", async () => {
  const created = await world.run(
    "plans create business --name Business --requires approval,email --trial-days 14 --json",
  );
  expect(jsonOf<PlanView>(created)).toMatchObject({
    ...{ id: "business", requires: ["email", "approval"], trialDays: 14, version: 1 },
  });
  expect((await world.run("plans list")).stdout).toMatch(
    /^PLAN +NAME +ISOLATION +REQUIRES +TRIAL +WARM\nbusiness +Business +shared +email, approval +14 days +0\nstandard /,
  );
  const changed = await world.run(
    "plans update business --no-trial --no-requires --isolation schema --warm 2 --defaults '{\"a\":1}' --json",
  );
  expect(jsonOf<PlanView>(changed)).toMatchObject({ requires: [], warm: 2, defaults: { a: 1 } });
  expect(jsonOf<PlanView>(changed)).not.toHaveProperty("trialDays");
  const shown = await world.run("plans show business");
  expect(shown.stdout).toMatch(/requires +nothing/);
  expect(shown.stdout).toMatch(/trial +none/);
  expect(await world.run("plans update business")).toMatchObject({ code: 2 });
  expect((await world.run("plans create x! --warm many")).code).toBe(2);
  const faults = await world.run("plans update business --isolation shared");
  expect(faults).toMatchObject({ code: 2, stdout: "" });
  expect(faults.stderr).toContain("no partition of their own");
  expect(await world.run("plans delete business")).toMatchObject({ code: 0 });
  expect(await world.run("plans show business")).toMatchObject({ code: 4 });
  expect(await world.run("plans delete standard")).toMatchObject({ code: 5 });
  const list = jsonOf<Page<PlanView>>(await world.run("plans list --all --json"));
  expect(list.items.map(({ id }) => id)).toEqual(["standard"]);
});

test("a tenant that waits says what for, is verified step by step, and is activated without the rest", async () => {
  await world.run("plans create careful --requires email,sign_on,approval");
  const created = await world.run("tenants create acme --plan careful --admin-email ada@acme.test");
  expect(created.code).toBe(0);
  expect(created.stdout).toMatch(/status +pending: It waits for: the administrator's e-mail/);
  expect(created.stderr).toContain("hestia tenants verifications acme");
  const listed = await world.run("tenants verifications acme");
  expect(listed.stdout).toMatch(/email +open: No webhook lists .* so ada@acme\.test gets no token/);
  const hears =
    "webhooks create mail https://mail.acme.test/ --types tenant.verification_requested";
  expect(await world.run(hears)).toMatchObject({ code: 0 });
  const heard = await world.run("tenants verifications acme");
  expect(heard.stdout).toMatch(/email +open: ada@acme\.test has to confirm/);
  expect(listed.stdout).toMatch(/approval +open: An operator approves it/);
  expect(await world.run("tenants verify acme approval")).toMatchObject({ code: 2 });
  const approved = await world.run("tenants verify acme approval --reason 'Known to us.'");
  expect(approved.stdout).toMatch(/approval +met by .*: Known to us\./);
  const revealed = await world.run("tenants verify acme email --reveal");
  const token = /\n([\w-]{64})\n$/.exec(revealed.stdout)?.[1] ?? "";
  await world.client.verifications.confirm({ token });
  const left = jsonOf<VerificationsView>(await world.run("tenants verifications acme --json"));
  expect(left.missing).toEqual(["sign_on"]);
  const refused = await world.run("tenants activate acme --reason now");
  expect(refused).toMatchObject({ code: 5, stdout: "" });
  expect(refused.stderr).toContain("sign_on is not verified");
  const active = await world.run("tenants activate acme --reason now --override");
  expect(active.stdout).toMatch(/status +active/);
});

test("a trial and a review are set, moved and taken away", async () => {
  await world.run("plans create tried --trial-days 14");
  const created = await world.run("tenants create zenith --plan tried");
  expect(created.stdout).toMatch(/trial +ends .*\(in 1[34] days\)/);
  const longer = jsonOf<TenantView>(await world.run("tenants trial zenith --days 40 --json"));
  expect(Date.parse(longer.trialEndsAt ?? "")).toBeGreaterThan(Date.now() + 39 * 86_400_000);
  const none = jsonOf<TenantView>(await world.run("tenants trial zenith --none --json"));
  expect(none).not.toHaveProperty("trialEndsAt");
  expect(await world.run("tenants trial zenith")).toMatchObject({ code: 2 });
  expect(await world.run("tenants trial zenith --at soon")).toMatchObject({ code: 2 });
  const suspended = await world.run(
    "tenants suspend zenith --reason unpaid --review-at 2099-12-01 --json",
  );
  expect(jsonOf<TenantView>(suspended).reviewAt).toBe("2099-12-01T00:00:00.000Z");
  const moved = await world.run("tenants review zenith --at 2099-12-02T09:00Z");
  expect(moved.stdout).toMatch(/review +2099-12-02 09:00:00 UTC/);
  const due = jsonOf<Page<TenantView>>(await world.run("tenants list --review-due --json"));
  expect(due.items).toEqual([]);
});
