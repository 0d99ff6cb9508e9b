// The commands about webhooks, against a real server and a receiver on this machine.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  DeliveryDetailView,
  DeliveryView,
  WebhookView,
  WebhookWithSecretView,
} from "@hestia/api";
import type { Page } from "@hestia/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let url: string;
let status = 204;
const receiver = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(status).end(status === 204 ? "" : "broken"));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", () => resolve()));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
  world = await startWorld({ HESTIA_WEBHOOK_ALLOW: "127.0.0.1" });
  await world.run("tenants create acme");
});
afterAll(async () => {
  await world?.end();
  receiver.close();
});

test("a webhook is created with its secret, which is never shown again", async () => {
  const { code, stdout, stderr } = await world.run(
    `webhooks create crm ${url} --types tenant.updated --tenants acme`,
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nwhsec_[\w+/]{43}=\n$/);
  expect(stderr).toBe("This is its secret; it is shown this once.\n");
  const got = await world.run("webhooks get crm");
  expect(got.stdout).toContain("tenant.updated");
  expect(got.stdout).not.toContain("whsec");
  const list = jsonOf<Page<WebhookView>>(await world.run("webhooks list --json"));
  expect(list.items).toMatchObject([{ name: "crm", url, eventTypes: ["tenant.updated"] }]);
  expect((await world.run("webhooks list")).stdout).toMatch(
    /^NAME +URL +STATUS +EVENTS +TENANTS +CREATED\ncrm /,
  );
});

test("a name that is taken, a host that is not public and a webhook that is not there are told", async () => {
  expect(await world.run(`webhooks create crm ${url}`)).toMatchObject({ code: 5, stdout: "" });
  const inside = await world.run("webhooks create inside https://169.254.169.254/");
  expect(inside).toMatchObject({ code: 2, stdout: "" });
  expect(inside.stderr).toContain("169.254.169.254 is no public address");
  const absent = await world.run("webhooks get erp");
  expect(absent).toMatchObject({ code: 4, stdout: "" });
  expect(absent.stderr).toContain('There is no webhook "erp"; see: hestia webhooks list');
});

test("a test says what came of it, and fails when it was not taken", async () => {
  const taken = await world.run("webhooks test crm");
  expect(taken.code).toBe(0);
  expect(taken.stdout).toMatch(/status +delivered\nattempts +\S+ \d+ ms {2}204/);
  status = 500;
  const failed = await world.run("webhooks test crm");
  expect(failed.code).toBe(5);
  expect(failed.stdout).toContain("The receiver answered 500.\n            broken");
});

test("deliveries are listed, shown, and sent again", async () => {
  status = 500;
  await world.run("tenants update acme --name Renamed");
  const list = async (words = "") =>
    jsonOf<Page<DeliveryView>>(
      await world.run(`webhooks deliveries crm --type tenant.updated ${words} --json`),
    ).items;
  while ((await list("--status failed")).length === 0);
  const [failed] = await list("--tenant acme");
  const shown = await world.run("webhooks deliveries crm --status failed");
  expect(shown.stdout).toMatch(/tenant\.updated +failed +1 .*The receiver answered 500\./);
  status = 204;
  const again = await world.run(`webhooks replay crm ${failed?.id}`);
  expect(again).toMatchObject({ code: 0 });
  while ((await list("--status delivered")).length === 0);
  const one = await world.run(`webhooks deliveries crm ${failed?.id} --json`);
  expect(jsonOf<DeliveryDetailView>(one).attempts.map((each) => each.statusCode)).toEqual([
    500, 204,
  ]);
  const many = await world.run("webhooks replay crm --from 2026-01-01 --status delivered");
  expect(many.stdout).toBe("1 event is queued again.\n");
});

test("a webhook is changed, rotated, disabled, enabled and deleted", async () => {
  const changed = await world.run(
    "webhooks update crm --no-types --no-tenants --name billing --json",
  );
  const webhook = jsonOf<WebhookView>(changed);
  expect(webhook).toMatchObject({ name: "billing", version: 2 });
  expect(webhook).not.toHaveProperty("eventTypes");
  const rotated = await world.run("webhooks rotate-secret billing --overlap 2 --json");
  expect(jsonOf<WebhookWithSecretView>(rotated).secret).toMatch(/^whsec_/);
  expect((await world.run("webhooks get billing")).stdout).toContain("two, the former one until");
  const disabled = await world.run("webhooks update billing --disable");
  expect(disabled.stdout).toContain("disabled: An operator disabled it.");
  expect(await world.run("webhooks replay billing --from 2026-01-01")).toMatchObject({ code: 5 });
  expect((await world.run("webhooks update billing --enable")).stdout).toMatch(/status +active\n/);
  expect(await world.run("webhooks delete billing")).toMatchObject({
    code: 0,
    stdout: "billing is deleted.\n",
  });
  expect((await world.run("webhooks list")).stderr).toBe("No webhooks.\n");
});
