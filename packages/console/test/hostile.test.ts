// The console as a hostile link and a hostile tenant would have it: addresses that anybody may write, names that anybody may
// choose, and a session that has ended elsewhere.
import type { TenantView } from "@hestia/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant, testKey } from "../../server/test/world.ts";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";
import { expectNoHarm, marker } from "./manners.fixture.ts";

inBrowser("the console", () => {
  let stage: Stage;
  let tenant: TenantView;
  let hook: string;
  beforeAll(async () => {
    stage = await setStage();
    const { client } = stage.place;
    tenant = await createTenant(client, { slug: "hostile", name: marker });
    const asked = { name: marker, url: "https://hooks.example.com/" };
    hook = (await client.webhooks.create(asked)).id;
  });
  afterAll(() => stage?.end());

  test("takes nothing from an address that it does not understand", async () => {
    const polluting = "__proto__=%7B%22harmed%22%3A1%7D&constructor=%7B%22harmed%22%3A1%7D";
    const mistyped =
      "q=%7B%7D&status=%7B%7D&isolation=1&plan=null&sort=%7B%7D&kind=%7B%7D&cursor=1&do=%5B%5D&delivery=..&tenant=1&type=%7B%7D";
    for (const [path, heading] of [
      ["/tenants", "Tenants"],
      ["/operations", "Operations"],
      ["/webhooks", "Webhooks"],
      ["/migrations", "Migrations"],
      [`/webhooks/${hook}`, marker],
      [`/tenants/${tenant.id}`, marker],
    ] as const) {
      const { page, context, errors } = await stage.open(`${path}?${polluting}&${mistyped}`);
      await page.getByRole("heading", { name: heading, exact: true }).waitFor();
      await page.getByText("Live", { exact: true }).waitFor();
      await expectNoHarm(page);
      expect([path, await page.evaluate("({}).harmed"), errors]).toEqual([path, undefined, []]);
      await context.close();
    }
  }, 120_000);

  test("leads from its door to its own screens alone", async () => {
    for (const next of [
      "//evil.example/",
      "/\\evil.example",
      "https://evil.example/",
      "javascript:1",
    ]) {
      const path = `/sign-in?next=${encodeURIComponent(next)}`;
      const { page, context } = await stage.open(path, { signedOut: true });
      await page.getByLabel("Operator key", { exact: true }).fill(testKey);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { name: "Fleet" }).waitFor();
      expect([next, page.url()]).toEqual([next, `${stage.place.url}/console/`]);
      await context.close();
    }
  }, 120_000);

  test("does nothing to a tenant that became another's business unheard, and shows it anew", async () => {
    const { client } = stage.place;
    const { id: tenantId } = await createTenant(client, { slug: "contested" });
    await client.tenants.suspend({ tenantId, reason: "Unpaid." });
    const { page, context } = await stage.open("/", {});
    await context.route("**/v1/changes", (route) => route.abort());
    await page.goto(`${stage.place.url}/console/tenants/${tenantId}?do=resume`);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Resume" }).waitFor();
    await client.tenants.resume({ tenantId });
    await client.tenants.suspend({ tenantId, reason: "Fraud." });
    await dialog.getByRole("button", { name: "Resume" }).click();
    await dialog.getByText("It has changed since you read it").waitFor();
    expect(await client.tenants.get({ tenantId })).toMatchObject({ statusReason: "Fraud." });
    await page.getByText("Fraud.").first().waitFor({ state: "attached" });
    await dialog.getByRole("button", { name: "Resume" }).click();
    await expect
      .poll(async () => (await client.tenants.get({ tenantId })).status, { timeout: 20_000 })
      .toBe("active");
    await context.close();
  });

  test("keeps nothing of who signs out for who comes next", async () => {
    const { page, context } = await stage.open(`/tenants/${tenant.id}?do=suspend`);
    await page.getByRole("dialog").getByLabel("Reason").fill("What one operator thinks.");
    await page.keyboard.press("Escape");
    expect(await page.evaluate("sessionStorage.length")).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).not.toContain("operator thinks");
    await context.close();
  });
});
