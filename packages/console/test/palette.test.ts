// The command palette in a real browser: every page, tenant and action is reached by its name, from wherever one is.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectAccessible, expectNoHarm, marker } from "./manners.fixture.ts";

inBrowser("the command palette", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await createTenant(stage.place.client, { slug: "marked", name: `Acme ${marker}` });
  });
  afterAll(() => stage?.end());

  test("finds pages, tenants and actions, and leads to them", async () => {
    const { page, errors } = await stage.open("/");
    // Before the screen is there nothing listens for keys.
    await page.getByRole("heading", { name: "Fleet", level: 1 }).waitFor();
    const type = async (words: string) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("textbox", { name: "Find a tenant, a page or an action" }).fill(words);
    };
    const goTo = async (words: string) => {
      await type(words);
      await page
        .getByRole("option", { name: words })
        .or(page.getByRole("button", { name: words }))
        .first()
        .click();
    };
    for (const name of ["Plans", "Operations", "Migrations", "Isolation", "Webhooks", "Settings"]) {
      await goTo(name);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
    }
    for (const [action, shown] of [
      ["New tenant", "New tenant"],
      ["New plan", "New plan"],
      ["New webhook", "New webhook"],
      ["Roll out migrations", "Roll out migrations"],
      ["Check for drift", "Drift"],
      ["Check isolation now", "Check isolation now"],
      ["New operator key", "New operator key"],
    ] as const) {
      await goTo(action);
      await page.getByRole("heading", { name: shown }).first().waitFor();
      await page.goto(`${stage.place.url}/console/`);
      await page.getByRole("heading", { name: "Fleet" }).first().waitFor();
    }
    await type("acme");
    await page.getByRole("dialog", { name: "Search or go to" }).getByText(marker).waitFor();
    await expectAccessible(page);
    await picture(page, "palette");
    // What came after the typing is chosen, too.
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Acme ${marker}` }).waitFor();
    await expectNoHarm(page);
    await type("nothing has this name");
    await page.getByText("Nothing is called that").waitFor();
    expect(errors).toEqual([]);
  }, 120_000);
});
