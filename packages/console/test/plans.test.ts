// Plans in a real browser: made, changed beside somebody else, and deleted or not.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTenant } from "../../server/test/world.ts";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners, marker } from "./manners.fixture.ts";

// Several looks, each with axe, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

inBrowser("plans", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    const { client } = stage.place;
    await client.plans.create({
      ...{ id: "marked", name: marker, description: marker, requires: ["email", "approval"] },
      ...{ trialDays: 14, isolation: "schema", warm: 0, defaults: { theme: marker, seats: 5 } },
    });
    await createTenant(client, { slug: "acme", name: `Acme ${marker}`, plan: "standard" });
  });
  afterAll(() => stage?.end());

  test("are made by keyboard alone, with every fault at its field", async () => {
    const { page, errors } = await stage.open("/plans");
    await page.getByRole("button", { name: "New plan" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Id", { exact: true }).waitFor();
    await page.keyboard.type("Business!");
    await page.getByRole("button", { name: "Create the plan" }).press("Enter");
    // Both faults at once: the id's shape, and the name that is not there.
    await page.getByLabel("Id", { exact: true }).and(page.locator("[aria-invalid=true]")).waitFor();
    await page
      .getByLabel("Name", { exact: true })
      .and(page.locator("[aria-invalid=true]"))
      .waitFor();
    await page.getByLabel("Id", { exact: true }).and(page.locator(":focus")).waitFor();
    await page.reload();
    expect(await page.getByLabel("Id", { exact: true }).inputValue()).toBe("Business!");
    await page.getByLabel("Id", { exact: true }).fill("business");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Business");
    await page.getByRole("checkbox", { name: "Domain verified" }).press("Space");
    await page.getByLabel("Trial, in days").fill("30");
    await page.getByLabel("Configuration of new tenants").fill('{ "seats": 10 }');
    await page.getByLabel("Name", { exact: true }).press("Enter");
    await page.getByRole("heading", { name: "Business", level: 1 }).waitFor();
    expect(page.url()).toContain("/console/plans/business");
    expect(await stage.place.client.plans.get({ planId: "business" })).toMatchObject({
      ...{ name: "Business", requires: ["domain"], trialDays: 30, defaults: { seats: 10 } },
      ...{ graceDays: 30, archiveDays: 90, warm: 0 },
    });
    // The browser tells of the refused request by itself.
    expect(errors.filter((text) => !text.includes("422"))).toEqual([]);
  });

  test("that somebody else changes meanwhile are saved by nobody's accident", async () => {
    const { client } = stage.place;
    const { id: planId } = await client.plans.create({ id: "shared-work", name: "Shared work" });
    const { page } = await stage.open(`/plans/${planId}?do=edit`);
    await page.getByLabel("Grace, in days").fill("7");
    await client.plans.update({ planId, name: "Theirs", trialDays: 3 }, { ifMatch: "*" });
    await page.getByRole("button", { name: "Save" }).click();
    const clash = page.getByRole("alert").filter({ hasText: "Somebody changed it meanwhile" });
    await clash.getByText("Name: Theirs").waitFor();
    await clash.getByText("Trial, in days: 3").waitFor();
    expect((await client.plans.get({ planId })).graceDays).toBe(30);
    await clash.getByRole("button", { name: "Keep mine and save over it" }).click();
    await page.getByRole("heading", { name: "Shared work", level: 1 }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const saved = await client.plans.get({ planId });
    expect(saved).toMatchObject({ name: "Shared work", graceDays: 7 });
    expect(saved.trialDays).toBeUndefined();
  });

  test("that tenants have are kept, and it is said by whom; others are deleted", async () => {
    const { client } = stage.place;
    await client.plans.create({ id: "taken", name: "Taken" });
    const tenant = await createTenant(client, { slug: "zenith", name: "Zenith", plan: "taken" });
    const { page } = await stage.open("/plans/taken?do=delete");
    const dialog = page.getByRole("dialog", { name: "Delete Taken" });
    await dialog.getByText("A tenant has it").waitFor();
    await dialog.getByRole("link", { name: "Zenith" }).waitFor();
    const remove = dialog.getByRole("button", { name: "Delete the plan" });
    expect(await remove.isDisabled()).toBe(true);
    await client.tenants.update({ tenantId: tenant.id, plan: "standard" }, { ifMatch: "*" });
    await dialog.getByLabel("Reason").fill("Nobody has it.");
    await remove.click();
    await page.getByRole("heading", { name: "Plans", level: 1 }).waitFor();
    await expect(client.plans.get({ planId: "taken" })).rejects.toMatchObject({
      code: "plan_not_found",
    });
  });

  test("look right in both themes and narrow", async () => {
    await expectManners(stage, {
      path: "/plans",
      name: "plans",
      ready: (page) => page.getByRole("link", { name: marker }).waitFor(),
    });
    await expectManners(stage, {
      path: "/plans/marked",
      name: "plan",
      ready: async (page) => {
        await page.getByRole("heading", { name: marker, level: 1 }).waitFor();
        await page.getByText("No tenant has it.").waitFor();
      },
    });
    await expectManners(stage, {
      path: "/plans/marked?do=edit",
      name: "plan-edit",
      ready: (page) => page.getByLabel("Trial, in days").waitFor(),
    });
    await expectManners(stage, {
      path: "/plans/standard?do=delete",
      name: "plan-delete",
      ready: (page) => page.getByText("it stays").waitFor(),
    });
  });
});
