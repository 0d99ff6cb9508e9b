// The commands about operator keys, against a real server.
import type { OperatorKeyView, OperatorKeyWithSecretView } from "@hestia/api";
import type { Page } from "@hestia/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.end());

test("a key is made and printed once, opens, and opens no more once it is revoked", async () => {
  const { code, stdout, stderr } = await world.run("keys create laptop");
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^hst_[\w-]{43}\n$/)]);
  expect(stderr).toContain("shown this once");
  const env = { HESTIA_OPERATOR_KEY: stdout.trim() };
  const { items } = jsonOf<Page<OperatorKeyView>>(await world.run("keys list --json", { env }));
  expect(items.map(({ name }) => name)).toEqual(["laptop", "first key"]);
  const id = items[0]?.id ?? "";
  expect(await world.run(`keys revoke ${id} --reason lost`)).toMatchObject({
    code: 0,
    stdout: "laptop is revoked.\n",
  });
  expect(await world.run("keys list", { env })).toMatchObject({ code: 3 });
  expect((await world.run("keys list")).stdout).toMatch(/^ID +NAME +CREATED +REVOKED\n/);
});

test("one's own needs --yes, the last is refused, and what is no id is told", async () => {
  const made = jsonOf<OperatorKeyWithSecretView>(await world.run("keys create second --json"));
  const env = { HESTIA_OPERATOR_KEY: made.secret };
  const refused = await world.run(`keys revoke ${made.id}`, { env });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(await world.run(`keys revoke ${made.id} --yes`, { env })).toMatchObject({ code: 0 });
  const { operator } = await world.client.session.get();
  expect(await world.run(`keys revoke ${operator.id} --yes`)).toMatchObject({ code: 5 });
  expect(await world.run("keys revoke laptop")).toMatchObject({ code: 2 });
});
