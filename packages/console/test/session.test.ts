// Signing in and out, and what happens when a session ends, in a real browser.
import { withClient } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testKey } from "../../server/test/world.ts";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners } from "./manners.fixture.ts";

inBrowser("a session", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.end());

  test("begins with a key, leads to where one wanted to go, and ends with signing out", async () => {
    const { page, errors, context } = await stage.open("/tenants?q=acme", { signedOut: true });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    // One types at once: the door has one field.
    await page.getByLabel("Operator key", { exact: true }).and(page.locator(":focus")).waitFor();
    await page.keyboard.type("not the key, but long enough for one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This key opens nothing here").waitFor();
    await page.getByLabel("Operator key", { exact: true }).fill(testKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Tenants" }).waitFor();
    expect(page.url()).toContain("/console/tenants?q=acme");
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: "hestia_session", httpOnly: true, sameSite: "Strict" });
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    await page.goto(`${stage.place.url}/console/`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    // Refused sign-ins are told of by the browser itself.
    expect(errors.filter((text) => !text.includes("401"))).toEqual([]);
  });

  test("that ends elsewhere leads to the door, and from there back", async () => {
    const { page } = await stage.open("/tenants");
    await page.getByRole("heading", { name: "Tenants" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await withClient(stage.place.clone.databaseUrl, (client) =>
      client.query("delete from platform.operator_sessions"),
    );
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Operator key", { exact: true }).fill(testKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Tenants" }).waitFor();
  });

  test("begins at a door that has good manners", async () => {
    await expectManners(
      { open: (path, options) => stage.open(path, { ...options, signedOut: true }) },
      {
        path: "/sign-in",
        name: "sign-in",
        ready: (page) => page.getByRole("heading", { name: "Sign in" }).waitFor(),
      },
    );
  }, 120_000);
});
