// The tabs of one tenant in a real browser: verifications, the story with a failed operation, data, webhooks; on a narrow
// screen, in both themes, and with names that would be markup.
import { HestiaError, type TenantId } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import { type OperationDefinition, step } from "@hestia/server";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerWith, type Receiver, startReceiver } from "../../server/test/receiver.ts";
import { ask, createTenant, migrations, until } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectAccessible, expectNoSideways } from "./manners.fixture.ts";

const marker = "<img src=x onerror=\"document.title='marked'\"><script>alert(1)</script>";

let isBroken = true;
const flaky: OperationDefinition = {
  kind: "tenant.flaky",
  steps: [
    step({ name: "prepare", run: async () => {} }),
    step({
      name: "reach the partner",
      run: async () => {
        if (isBroken)
          throw new HestiaError("operation_failed", { reason: `the partner is away ${marker}` });
      },
    }),
  ],
};

inBrowser("the tabs of a tenant", () => {
  let stage: Stage;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    stage = await setStage([{ webhookAllow: ["127.0.0.0/8"] }, { operations: [flaky] }]);
    await stage.place.client.migrations.store({ files: migrations });
  });
  afterAll(async () => {
    await stage?.end();
    await receiver?.end();
  });
  const dialog = (page: Page) => page.getByRole("dialog");

  test("verifications: a token is revealed once, and an approval activates", async () => {
    const { client } = stage.place;
    await client.plans.create({
      id: "careful",
      name: "Careful",
      requires: ["email", "domain", "approval"],
    });
    const { id: tenantId } = await createTenant(client, {
      slug: "pending",
      plan: "careful",
      domain: "app.pending.test",
      adminEmail: "ada@example.net",
    });
    const { page, errors } = await stage.open(`/tenants/${tenantId}`);
    await page.getByText("_hestia-challenge.app.pending.test", { exact: true }).waitFor();
    await picture(page, "tenant-pending");
    await page.getByRole("button", { name: "Ask for a token" }).click();
    await dialog(page)
      .getByRole("checkbox", { name: /Show the token here/ })
      .check();
    await dialog(page).getByRole("button", { name: "Ask for a token" }).click();
    const shown = dialog(page).getByRole("status").locator(".mono");
    const token = (await shown.textContent()) ?? "";
    await client.verifications.confirm({ token });
    await dialog(page).getByRole("button", { name: "I have it" }).click();
    await page.getByText(/Met/).waitFor();
    await page.getByRole("button", { name: "Approve" }).click();
    await dialog(page).getByRole("textbox", { name: "Reason" }).fill("Known to us");
    await dialog(page).getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Known to us/).waitFor();
    await page.getByRole("button", { name: "Activate without the rest" }).click();
    const activate = dialog(page).getByRole("button", { name: "Activate" });
    await dialog(page).getByRole("textbox", { name: "Reason" }).fill("Their DNS is slow");
    expect(await activate.isDisabled()).toBe(true);
    await dialog(page)
      .getByRole("checkbox", { name: /Do without/ })
      .check();
    await activate.click();
    await page.getByText("Waived").waitFor();
    expect((await client.tenants.get({ tenantId })).status).toBe("active");
    expect(errors).toEqual([]);
  });

  test("legal holds are placed and lifted, each with its reason", async () => {
    const { id } = await createTenant(stage.place.client, { slug: "held" });
    const { page } = await stage.open(`/tenants/${id}`);
    await page.getByRole("button", { name: "Place a hold" }).click();
    await dialog(page).getByRole("textbox", { name: "Reason" }).fill("Case 12");
    await dialog(page).getByRole("button", { name: "Place the hold" }).click();
    await page.getByRole("button", { name: "Lift the hold: Case 12" }).click();
    await dialog(page).getByText("“Case 12” is over", { exact: false }).waitFor();
    await dialog(page).getByRole("button", { name: "Lift the hold" }).click();
    await page.getByText(/Lifted/).waitFor();
    await page.getByText("No legal hold is in force.").waitFor();
  });

  test("a failed operation tells why, and is retried from the timeline", async () => {
    const { place } = stage;
    const { id: tenantId } = await createTenant(place.client, { slug: "flaky" });
    isBroken = true;
    const { id } = await place.server.begin(flaky, { tenantId });
    for await (const _ of place.client.operations.events({ operationId: id }));
    const { page, errors } = await stage.open(`/tenants/${tenantId}/timeline`);
    const story = page.getByRole("list", { name: "Timeline" });
    await story.getByText("the partner is away", { exact: false }).first().waitFor();
    await picture(page, "tenant-timeline-failed");
    isBroken = false;
    await story.getByRole("button", { name: "Retry" }).click();
    await story.getByRole("button", { name: "Retry" }).waitFor({ state: "detached" });
    await story.getByText("An operation was retried").waitFor();
    await until(
      "it has succeeded",
      async () => (await place.client.operations.get({ operationId: id })).status === "succeeded",
    );
    await page.getByText("That is everything that is kept.").waitFor();
    expect(errors).toEqual([]);
  });

  test("the story is read on in pages, in its order", async () => {
    const { client } = stage.place;
    const { id: tenantId } = await createTenant(client, { slug: "storied" });
    for (let at = 0; at < 30; at += 1)
      await client.tenants.update({ tenantId, name: `Name ${at}` }, { ifMatch: "*" });
    const { page } = await stage.open(`/tenants/${tenantId}/timeline`);
    const story = page.getByRole("list", { name: "Timeline" });
    await story.getByText("Edited").first().waitFor();
    expect(await story.getByText("Edited").count()).toBe(25);
    await page.getByRole("button", { name: "Earlier" }).click();
    await page.getByText("That is everything that is kept.").waitFor();
    expect(await story.getByText("Edited").count()).toBe(30);
    const times = await story
      .locator("time")
      .evaluateAll((all) => all.map((each) => each.getAttribute("datetime") ?? ""));
    expect(times).toEqual(times.toSorted().reverse());
  });

  test("data: rows are counted, sizes are said to be a share, and drift is compared", async () => {
    const { client, clone } = stage.place;
    const { id: tenantId } = await createTenant(client, { slug: "stocked" });
    const url = withDatabase(clone.databaseUrl, clone.dataDatabase);
    await ask(
      url,
      "insert into app.notes (tenant_id, id, text) select $1, gen_random_uuid(), 'a note' from generate_series(1, 1234)",
      [tenantId],
    );
    await ask(url, "analyze app.notes");
    const { page, errors } = await stage.open(`/tenants/${tenantId}/data`);
    const tables = page.getByRole("table", { name: "Tables" });
    await tables.getByRole("row", { name: /notes 1,234/ }).waitFor();
    await page.getByText("an estimate, not what it would free", { exact: false }).waitFor();
    await page
      .getByRole("row", { name: /0001_notes.sql/ })
      .getByText("Applied")
      .waitFor();
    await page.getByRole("button", { name: "Compare now" }).click();
    await page.getByText("Everything is as the migrations make it.").waitFor();
    await page.reload();
    await page.getByText("Everything is as the migrations make it.").waitFor();
    await picture(page, "tenant-data");
    expect(errors).toEqual([]);
  });

  test("webhooks: what was sent about the tenant, and sending it again", async () => {
    const { client } = stage.place;
    const hook = await client.webhooks.create({ name: "CRM", url: receiver.url });
    receiver.answer(answerWith(500, {}, marker));
    const { id: tenantId } = await createTenant(client, { slug: "hooked" });
    const { page } = await stage.open(`/tenants/${tenantId}/webhooks`);
    const list = page.getByRole("list", { name: "CRM" });
    await list.getByText("Failed, tried again").first().waitFor();
    await list.getByRole("button", { name: "Attempts of tenant.created" }).click();
    const attempts = list.getByRole("list", { name: "Attempts" });
    await attempts.getByText("· Answered 500").first().waitFor();
    await picture(page, "tenant-webhooks");
    receiver.answer(answerWith(204));
    await list.getByRole("button", { name: "Send again: tenant.created" }).click();
    await list.getByText("Delivered").first().waitFor();
    await client.webhooks.delete({ webhookId: hook.id });
  });

  const parts = {
    tabs: ["", "/timeline", "/data", "/webhooks", "/certificate"],
    dialogs: ["edit", "suspend", "delete", "purge", "hold"].map((each) => `?do=${each}`),
  } as const;

  async function marked(): Promise<TenantId> {
    const { client } = stage.place;
    const [found] = (await client.tenants.list({ slug: "marked" })).items;
    if (found) return found.id;
    const { id: tenantId } = await createTenant(client, {
      slug: "marked",
      name: marker,
      settings: { [marker]: marker },
    });
    await client.holds.place({ tenantId, reason: marker });
    await client.tenants.suspend({ tenantId, reason: marker });
    isBroken = true;
    const { id } = await stage.place.server.begin(flaky, { tenantId });
    for await (const _ of client.operations.events({ operationId: id }));
    return tenantId;
  }

  test("names, reasons, settings and errors that would be markup are text everywhere", async () => {
    const { page, errors } = await stage.open(`/tenants/${await marked()}`);
    for (const path of [...parts.tabs, ...parts.dialogs]) {
      await page.goto(`${stage.place.url}/console/tenants/${await marked()}${path}`);
      await page.getByText(marker, { exact: false }).first().waitFor();
      expect(await page.locator("main img, main script, [role=dialog] img").count()).toBe(0);
      expect(await page.title()).not.toBe("marked");
    }
    expect(errors.filter((text) => !text.includes("404"))).toEqual([]);
  });

  test.each([
    ["light", "tabs"],
    ["light", "dialogs"],
    ["dark", "tabs"],
    ["dark", "dialogs"],
  ] as const)("is without serious findings of axe, in %s, in its %s", async (scheme, part) => {
    const { page } = await stage.open(`/tenants/${await marked()}`, { scheme });
    for (const path of parts[part]) {
      await page.goto(`${stage.place.url}/console/tenants/${await marked()}${path}`);
      await page.getByText(marker, { exact: false }).first().waitFor();
      await page.locator(".mantine-Skeleton-root").first().waitFor({ state: "detached" });
      await expectAccessible(page);
      await picture(page, `tenant-${scheme}-${path.replaceAll(/\W/g, "") || "overview"}`);
    }
  });

  test.each([
    ["360 px", { width: 360, height: 740 }],
    ["200 %", { scale: 2 }],
  ] as const)("at %s nothing goes beyond the screen", async (name, look) => {
    const { page } = await stage.open(`/tenants/${await marked()}`, look);
    for (const path of [...parts.tabs, ...parts.dialogs]) {
      await page.goto(`${stage.place.url}/console/tenants/${await marked()}${path}`);
      await page.getByText(marker, { exact: false }).first().waitFor();
      await page.locator(".mantine-Skeleton-root").first().waitFor({ state: "detached" });
      await expectNoSideways(page);
      await picture(
        page,
        `tenant-${name.replaceAll(/\W/g, "")}-${path.replaceAll(/\W/g, "") || "overview"}`,
      );
    }
  });
});
