// Many tabs of one browser: all of them load, all of them hear, and when the one that follows is closed, another does.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant } from "../../server/test/world.ts";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";

inBrowser("eight tabs of the console", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.end());

  test("are all live by one stream, which outlives the tab that follows", async () => {
    const { client } = stage.place;
    const { id: tenantId } = await createTenant(client, { slug: "watched" });
    const { page, context } = await stage.open(`/tenants/${tenantId}`);
    await page.getByText("Live", { exact: true }).waitFor();
    const followers: Page[] = [];
    context.on("request", (request) => {
      if (request.url().endsWith("/v1/changes")) followers.push(request.frame().page());
    });
    const tabs: Page[] = [page];
    for (let opened = 1; opened < 8; opened += 1) {
      const tab = await context.newPage();
      await tab.goto(`${stage.place.url}/console/tenants/${tenantId}`);
      await tab.getByText("Live", { exact: true }).waitFor();
      tabs.push(tab);
    }
    expect(followers).toEqual([]);
    await client.tenants.suspend({ tenantId, reason: "Heard by all." });
    for (const tab of tabs) await tab.getByText("Heard by all.").first().waitFor();
    await page.close();
    await expect.poll(() => followers.length, { timeout: 20_000 }).toBe(1);
    await client.tenants.resume({ tenantId });
    await client.tenants.suspend({ tenantId, reason: "Heard by the rest." });
    for (const tab of tabs.slice(1)) {
      await tab.getByText("Heard by the rest.").first().waitFor();
      await tab.getByText("Live", { exact: true }).waitFor();
    }
    expect(followers).toHaveLength(1);
    await context.close();
  }, 120_000);
});
