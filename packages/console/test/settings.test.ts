// Settings in a real browser: keys are made, shown once and revoked, sessions end everywhere, and what runs is told.
import { createClient } from "@hestia/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners, marker } from "./manners.fixture.ts";

// Several looks, each with axe, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

inBrowser("settings", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await stage.place.client.operatorKeys.create({ name: marker });
  });
  afterAll(() => stage?.end());

  test("make a key by keyboard alone, show it once, and the key opens", async () => {
    const { page, errors } = await stage.open("/settings");
    await page.getByRole("button", { name: "New key" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "New operator key" }).waitFor();
    expect(page.url()).toContain("do=new-key");
    await page.getByLabel("Whose is it, or what is it for?").waitFor();
    await page.keyboard.type("Ada's laptop");
    await page.keyboard.press("Enter");
    const shown = page.getByTestId("secret");
    await shown.waitFor();
    const secret = (await shown.textContent()) ?? "";
    expect(secret).toMatch(/^hst_[\w-]{43}$/);
    // Not by a slip.
    await page.keyboard.press("Escape");
    expect(await shown.isVisible()).toBe(true);
    await page.getByRole("button", { name: "I have kept it" }).press("Enter");
    await shown.waitFor({ state: "detached" });
    await page.getByText("Ada's laptop").waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.reload();
    await page.getByText("Ada's laptop").waitFor();
    expect(await page.content()).not.toContain(secret);
    await createClient({ baseUrl: stage.place.url, key: secret }).clusters.list();
    expect(errors).toEqual([]);
  });

  test("revoke another's key, which then opens nothing, and warn of one's own", async () => {
    const made = await stage.place.client.operatorKeys.create({ name: "Lost phone" });
    const { page } = await stage.open("/settings");
    await page.getByRole("button", { name: "Revoke Lost phone" }).click();
    const dialog = page.getByRole("dialog", { name: "Revoke Lost phone" });
    expect(await dialog.getByText("signed in with").count()).toBe(0);
    await dialog.getByLabel("Reason").fill("It is lost.");
    await dialog.getByRole("button", { name: "Revoke the key" }).click();
    await page.getByText("Lost phone is revoked.").waitFor();
    const ask = createClient({ baseUrl: stage.place.url, key: made.secret }).clusters.list();
    await expect(ask).rejects.toMatchObject({ code: "unauthenticated" });
    await page.getByRole("button", { name: "Revoke HESTIA_OPERATOR_KEY" }).click();
    await page.getByText("This is the key that you are signed in with").waitFor();
    // The dialog is in the address.
    await page.reload();
    await page.getByText("This is the key that you are signed in with").waitFor();
  });

  test("the last key is refused in the server's words", async () => {
    const { client } = stage.place;
    const { operator } = await client.session.get();
    for (const { id, revokedAt } of (await client.operatorKeys.list()).items)
      if (id !== operator.id && revokedAt === undefined)
        await client.operatorKeys.revoke({ operatorKeyId: id });
    const { page } = await stage.open(`/settings?do=revoke&key=${operator.id}`);
    await page.getByRole("button", { name: "Revoke the key" }).click();
    await page.getByRole("alert").getByText("Nobody could enter any more").waitFor();
    await client.operatorKeys.create({ name: marker });
  });

  test("sign out everywhere, here and in another browser", async () => {
    const other = await stage.open("/settings");
    const { page } = await stage.open("/settings");
    await page.getByText("This one", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("The key itself still opens").waitFor();
    await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await other.page.reload();
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("tell what runs, and look right in both themes and narrow", async () => {
    await expectManners(stage, {
      path: "/settings",
      name: "settings",
      ready: async (page) => {
        await page.getByText("Apache-2.0").waitFor();
        await page.getByRole("link", { name: "API reference" }).waitFor();
        await page.getByText("This one", { exact: true }).waitFor();
        await page.getByText(marker).first().waitFor();
      },
    });
    await expectManners(stage, {
      path: "/settings?do=new-key",
      name: "settings-new-key",
      ready: (page) => page.getByLabel("Whose is it").waitFor(),
    });
  });
});
