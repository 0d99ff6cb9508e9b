// Webhooks in a real browser: made, tested against a receiver, looked into, replayed, paused, and deleted.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { accept, answerWith, type Receiver, startReceiver } from "../../server/test/receiver.ts";
import { createTenant, until } from "../../server/test/world.ts";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners, marker } from "./manners.fixture.ts";

// Sixteen looks, each with axe, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

inBrowser("webhooks", () => {
  let stage: Stage;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    stage = await setStage([{ webhookAllow: ["127.0.0.0/8"] }]);
  });
  afterAll(async () => {
    await stage?.end();
    await receiver?.end();
  });

  const make = (name: string) =>
    stage.place.client.webhooks.create({ name, url: receiver.url, eventTypes: ["webhook.test"] });

  test("teach where there is none, and are made by keyboard alone with the server's faults told", async () => {
    const { page, errors } = await stage.open("/webhooks");
    await page.getByText("npx --no hestia webhooks create").waitFor();
    await page.getByRole("button", { name: "New webhook" }).press("Enter");
    await page.getByLabel("Name", { exact: true }).waitFor();
    await page.keyboard.type("crm");
    await page.keyboard.press("Tab");
    await page.keyboard.type("https://10.0.0.1/hooks");
    await page.keyboard.press("Enter");
    await page.getByLabel("Address").and(page.locator("[aria-invalid=true]")).waitFor();
    await page.reload();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("crm");
    await page.getByLabel("Address").fill(receiver.url);
    await page.getByRole("radio", { name: "Only these" }).press("Space");
    await page
      .getByRole("combobox", { name: "Types of events" })
      .or(page.getByLabel("Types of events"))
      .first()
      .focus();
    await page.keyboard.type("tenant.created");
    await page.getByRole("option", { name: "tenant.created" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Create the webhook" }).press("Enter");
    const shown = page.getByTestId("secret");
    await shown.waitFor();
    const secret = (await shown.textContent()) ?? "";
    expect(secret).toMatch(/^whsec_/);
    // Not on the button that ends it: Enter, held a moment too long, would press that.
    await shown.getByRole("button", { name: "Copy" }).and(page.locator(":focus")).waitFor();
    await page.getByRole("button", { name: "I have kept it" }).press("Enter");
    await page.getByRole("heading", { name: "crm", level: 1 }).waitFor();
    expect(await page.content()).not.toContain(secret);
    const { items } = await stage.place.client.webhooks.list();
    expect(items).toMatchObject([{ name: "crm", eventTypes: ["tenant.created"] }]);
    expect(errors.filter((text) => !text.includes("422"))).toEqual([]);
  });

  test("are tested, and the delivery shows its request, its answer, and is replayed", async () => {
    const { id } = await make("tested");
    const { page } = await stage.open(`/webhooks/${id}`);
    await page.getByText("Nothing was sent to it yet").waitFor();
    await page.getByRole("button", { name: "Send a test" }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("Delivered", { exact: true }).waitFor();
    await drawer
      .getByRole("region", { name: "Body of the request" })
      .getByText('"hestia.webhook.test"')
      .waitFor();
    await drawer.getByText(/^1\. /).waitFor();
    expect(page.url()).toContain("delivery=");
    const before = receiver.received.length;
    await drawer.getByRole("button", { name: "Replay it" }).click();
    await until("it came again", () => receiver.received.length > before);
    await page.reload();
    await drawer.getByText(/^2\. /).waitFor();
  });

  test("tell of what was not taken; deliveries are narrowed, and a period is replayed", async () => {
    const { client } = stage.place;
    const webhook = await client.webhooks.create({
      ...{
        name: "picky",
        url: `${receiver.url}?gone`,
        eventTypes: ["webhook.test", "plan.created"],
      },
    });
    receiver.answer(answerWith(500, {}, marker));
    await client.webhooks.test({ webhookId: webhook.id });
    receiver.answer(accept);
    await client.plans.create({ id: "told", name: "Told" });
    const delivered = { webhookId: webhook.id, status: ["delivered" as const] };
    await until(
      "it is told",
      async () => (await client.webhooks.deliveries(delivered)).items.length === 1,
    );
    const { page } = await stage.open(`/webhooks/${webhook.id}`);
    const table = page.getByRole("table");
    await table.getByText("Delivered").waitFor();
    await page.getByRole("checkbox", { name: "Given up" }).press("Space");
    await table.getByText("Delivered").waitFor({ state: "detached" });
    expect(page.url()).toContain("abandoned");
    await table.getByRole("button", { name: "webhook.test" }).press("Enter");
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("region", { name: "Answer" }).getByText(marker).waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "More actions" }).press("Enter");
    await page.getByRole("menuitem", { name: "Replay a period" }).press("Enter");
    await page.getByRole("dialog").getByRole("checkbox", { name: "Delivered" }).press("Space");
    const before = receiver.received.length;
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("1 delivery is queued.").waitFor();
    await until("it came again", () => receiver.received.length > before);
  });

  test("are paused and enabled, edited, given a new secret, and deleted by their name", async () => {
    const { client } = stage.place;
    const { id: webhookId } = await make("lively");
    const { page } = await stage.open(`/webhooks/${webhookId}`);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("It is paused", { exact: true }).waitFor();
    expect((await client.webhooks.get({ webhookId })).status).toBe("disabled");
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByText("It is paused", { exact: true }).waitFor({ state: "detached" });
    const act = async (name: string) => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    await act("Edit");
    await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill("livelier");
    await page.getByRole("radio", { name: "All, also those" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "livelier", level: 1 }).waitFor();
    expect((await client.webhooks.get({ webhookId })).eventTypes).toBeUndefined();
    await act("Rotate the secret");
    await page.getByRole("button", { name: "Make a new secret" }).click();
    await page.getByTestId("secret").getByText("whsec_").waitFor();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByText("two; the former one signs until").waitFor();
    await act("Delete");
    const remove = page.getByRole("button", { name: "Delete the webhook" });
    expect(await remove.isDisabled()).toBe(true);
    await page.getByLabel("Type livelier to delete it").fill("livelier");
    await remove.click();
    await page.getByRole("heading", { name: "Webhooks", level: 1 }).waitFor();
    await expect(client.webhooks.get({ webhookId })).rejects.toMatchObject({
      code: "webhook_not_found",
    });
  });

  test("look right in both themes and narrow", async () => {
    const { client } = stage.place;
    const tenant = await createTenant(client, { slug: "acme", name: `Acme ${marker}` });
    const { id } = await client.webhooks.create({
      ...{ name: marker, url: receiver.url, tenantIds: [tenant.id] },
    });
    const { id: deliveryId } = await client.webhooks.test({ webhookId: id });
    await client.tenants.update({ tenantId: tenant.id, name: `Acme ${marker}!` }, { ifMatch: "*" });
    await expectManners(stage, {
      path: "/webhooks",
      name: "webhooks",
      ready: (page) => page.getByRole("link", { name: marker }).waitFor(),
    });
    await expectManners(stage, {
      path: `/webhooks/${id}`,
      name: "webhook",
      ready: async (page) => {
        await page.getByRole("button", { name: "tenant.updated" }).waitFor();
        await page
          .getByRole("link", { name: `Acme ${marker}!` })
          .first()
          .waitFor();
      },
    });
    await expectManners(stage, {
      path: `/webhooks/${id}?delivery=${deliveryId}`,
      name: "webhook-delivery",
      ready: (page) => page.getByRole("region", { name: "Body of the request" }).waitFor(),
    });
    await expectManners(stage, {
      path: "/webhooks?do=new",
      name: "webhook-new",
      ready: (page) => page.getByLabel("Address").waitFor(),
    });
  });
});
