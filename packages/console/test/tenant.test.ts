// The room of one tenant in a real browser: its life by dialogs, two operators at once, and what a session's end costs.
import type { CreatedTenantView } from "@hestia/api";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant, testKey } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectAccessible } from "./manners.fixture.ts";

inBrowser("the room of a tenant", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.end());

  const made = (slug: string, more: Partial<CreatedTenantView> = {}) =>
    createTenant(stage.place.client, { slug, name: `${slug} & Sons`, ...more });
  /** What the server answers on the tenant's own host. */
  const asTenant = async (slug: string) =>
    (await fetch(`${stage.place.url}/v1/tenant`, { headers: { "x-tenant-slug": slug } })).status;
  const dialog = (page: Page) => page.getByRole("dialog");
  const choose = async (page: Page, action: string) => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: action, exact: true }).click();
  };

  test("suspends: the tenant's host refuses from then on, and resumes", async () => {
    const { id } = await made("acme");
    const { page, errors } = await stage.open(`/tenants/${id}`);
    await page.getByRole("heading", { name: "acme & Sons" }).waitFor();
    expect(await asTenant("acme")).toBe(200);
    await page.getByRole("button", { name: "Suspend" }).click();
    await page.waitForURL(/do=suspend/);
    await page.reload();
    await dialog(page).getByText("What will happen").waitFor();
    expect(await dialog(page).getByRole("button", { name: "Suspend" }).isDisabled()).toBe(true);
    await dialog(page).getByRole("textbox", { name: "Reason" }).fill("Invoice 1042 is unpaid");
    await picture(page, "tenant-suspend");
    await dialog(page).getByRole("button", { name: "Suspend" }).click();
    await page.getByText("acme & Sons is suspended.").waitFor();
    await page.getByText("Reason: Invoice 1042 is unpaid").waitFor();
    expect(page.url()).not.toContain("do=");
    expect(await asTenant("acme")).toBe(403);
    await page.getByRole("button", { name: "Resume" }).click();
    await dialog(page).getByRole("button", { name: "Resume" }).click();
    await page.getByText("acme & Sons is served again.").waitFor();
    expect(await asTenant("acme")).toBe(200);
    expect(errors).toEqual([]);
  });

  test("shows a suspension from elsewhere by itself", async () => {
    const { id: tenantId } = await made("elsewhere");
    const { page } = await stage.open(`/tenants/${tenantId}`);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Suspend" }).waitFor();
    await stage.place.client.tenants.suspend({ tenantId, reason: "By the CLI", mode: "readonly" });
    await page.getByText("Reason: By the CLI").waitFor();
    await page.getByRole("button", { name: "Resume" }).waitFor();
  });

  test("deletes, undoes, deletes, purges with the slug typed, and shows the certificate", async () => {
    const { id: tenantId } = await made("goner");
    const { id: holdId } = await stage.place.client.holds.place({ tenantId, reason: "Case 12" });
    const { page, errors } = await stage.open(`/tenants/${tenantId}?do=delete`);
    await dialog(page).getByText("Case 12").waitFor();
    await dialog(page)
      .getByText(/Yes, until .* it comes back as it was/)
      .waitFor();
    const submit = dialog(page).getByRole("button", { name: "Delete" });
    expect(await submit.isDisabled()).toBe(true);
    await picture(page, "tenant-delete-held");
    await stage.place.client.holds.lift({ tenantId, holdId });
    await dialog(page).getByText("Nothing is in the way.").waitFor();
    await submit.click();
    await page.getByText("goner & Sons is deleted.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("goner & Sons is back.").waitFor();
    await page.getByRole("heading", { level: 1 }).and(page.locator(":focus")).waitFor();
    await expectAccessible(page);
    expect(await asTenant("goner")).toBe(200);

    await choose(page, "Delete");
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await page.getByText("Nobody is served. It can be restored as it was.").waitFor();
    await page.getByText("Can it be purged?").waitFor();
    await choose(page, "Purge");
    await dialog(page).getByRole("textbox", { name: "Reason" }).fill("Erasure request 7");
    const purge = dialog(page).getByRole("button", { name: "Purge for ever" });
    const typed = dialog(page).getByRole("textbox", { name: "Type goner to confirm" });
    await typed.fill("gone");
    expect(await purge.isDisabled()).toBe(true);
    await typed.fill("goner");
    await picture(page, "tenant-purge");
    await expectAccessible(page);
    await purge.click();
    await page.getByText("Nothing of it is left but the proof.").waitFor();
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
      ...["Facts", "Legal holds"],
    ]);
    await page.getByRole("link", { name: "See the certificate" }).click();
    await page.getByRole("heading", { name: "Erasure certificate" }).waitFor();
    await page.getByText("Erasure request 7").first().waitFor();
    await picture(page, "tenant-certificate");
    const [printed] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Page to print" }).click(),
    ]);
    await printed.getByRole("heading", { name: "Erasure certificate" }).waitFor();
    expect(errors).toEqual([]);
  });

  test("offers only what is possible now, and says why not for the rest", async () => {
    const { id } = await made("offers");
    const { page } = await stage.open(`/tenants/${id}`);
    await page.getByRole("button", { name: "Actions" }).click();
    const item = (name: RegExp) => page.getByRole("menuitem", { name });
    expect(await item(/^Resume/).getAttribute("aria-disabled")).toBe("true");
    await item(/It has to be deleted first/).waitFor();
    await picture(page, "tenant-actions");
    await item(/It has to be deleted first/).click({ force: true });
    expect(page.url()).not.toContain("do=");
    await page.goto(`${stage.place.url}/console/tenants/${id}?do=purge`);
    await dialog(page).getByText("It has to be deleted first.").waitFor();
    expect(await dialog(page).getByRole("button", { name: "Purge for ever" }).isDisabled()).toBe(
      true,
    );
  });

  test("two operators edit one tenant: the second sees what changed, and applies again", async () => {
    const { id: tenantId } = await made("both", { settings: { locale: "en", theme: "light" } });
    const [first, second] = await Promise.all([
      stage.open(`/tenants/${tenantId}?do=edit`),
      stage.open(`/tenants/${tenantId}?do=edit`),
    ]);
    const name = (page: Page) => dialog(page).getByRole("textbox", { name: "Name" });
    const settings = (page: Page) => dialog(page).getByRole("textbox", { name: "Settings" });
    await settings(second.page).fill('{ "locale": "en", "theme": "dark" }');
    // The second hears nothing of the first before it saves.
    await second.page.route("**/v1/tenants/**", (route) =>
      route.request().method() === "GET" ? route.abort() : route.continue(),
    );
    await name(first.page).fill("Both Ltd");
    await settings(first.page).fill('{ "locale": "de", "theme": "light" }');
    await dialog(first.page).getByRole("button", { name: "Save" }).click();
    await first.page.getByText("Both Ltd is saved.").waitFor();
    await dialog(second.page).getByRole("button", { name: "Save" }).click();
    await second.page.unrouteAll();
    const clash = second.page.getByRole("table", { name: /Somebody else has changed/ });
    await clash.getByText("Both Ltd").waitFor();
    await picture(second.page, "tenant-edit-conflict");
    await dialog(second.page).getByRole("button", { name: "Save mine on top" }).click();
    await second.page.getByText("Both Ltd is saved.").waitFor();
    expect(await stage.place.client.tenants.get({ tenantId })).toMatchObject({
      name: "Both Ltd",
      settings: { locale: "de", theme: "dark" },
    });
  });

  test("a session that ends in the middle of a dialog leads to the door and back, with what was typed", async () => {
    const { id } = await made("expired");
    const { page } = await stage.open(`/tenants/${id}?do=suspend`);
    const reason = dialog(page).getByRole("textbox", { name: "Reason" });
    await reason.fill("Typed before the session ended");
    await ask(stage.place.clone.databaseUrl, "delete from platform.operator_sessions");
    // What the screen reads again by itself may be the first to hear of it: then there is nothing left to press.
    const button = dialog(page).getByRole("button", { name: "Suspend" });
    await button.click({ timeout: 2_000 }).catch(() => {});
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Operator key", { exact: true }).fill(testKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    await reason.waitFor();
    expect(await reason.inputValue()).toBe("Typed before the session ended");
    await dialog(page).getByRole("button", { name: "Suspend" }).click();
    await page.getByText("expired & Sons is suspended.").waitFor();
  });

  test("by keyboard alone: from the palette into a dialog, through it, and the focus back", async () => {
    const { id } = await made("hands");
    const { page } = await stage.open(`/tenants/${id}`);
    await page.getByRole("button", { name: "Suspend" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Find a tenant, a page or an action").waitFor();
    await page.keyboard.type("suspend: hands");
    await page.getByText("Suspend: hands & Sons").waitFor();
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("textbox", { name: "Reason" }).waitFor();
    await page.locator("textarea:focus").waitFor();
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Suspend" }).focus();
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    expect(await dialog(page).getByRole("textbox", { name: "Reason" }).inputValue()).toBe(
      "By keyboard",
    );
    await dialog(page).getByRole("button", { name: "Suspend" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("hands & Sons is suspended.").waitFor();
    await page.locator(":focus").waitFor();
  });
});
