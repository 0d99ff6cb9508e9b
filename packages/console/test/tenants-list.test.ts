// The list of tenants in a real browser: found, narrowed, sorted, gone through by keys, and changed several at a time.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectAccessible, expectManners, expectNoSideways } from "./manners.fixture.ts";

const soon = { timeout: 10_000 };
const mark = `<img src=x onerror="document.title='broken into'">`;

inBrowser("the list of tenants", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    const { client } = stage.place;
    await client.plans.create({ id: "business", name: "Business" });
    await createTenant(client, { slug: "acme", name: "Acme Airways", plan: "business" });
    await createTenant(client, { slug: "borealis", name: "Borealis Foods" });
    await createTenant(client, { slug: "cobalt", name: "Cobalt Mining", isolation: "schema" });
    await createTenant(client, { slug: "marked", name: mark });
    const { id: tenantId } = await createTenant(client, { slug: "delta", name: "Delta Dental" });
    await client.tenants.suspend({ tenantId, reason: "Invoice 7 is unpaid." });
  });
  afterAll(() => stage?.end());

  const names = async (page: Page) =>
    page.getByRole("grid").locator('a[href^="/console"]').allInnerTexts();
  const grid = (page: Page) => page.getByRole("grid", { name: "Tenants" });
  const row = (page: Page, name: string) => grid(page).getByRole("row", { name });
  const search = (page: Page) => page.getByRole("searchbox");

  test("is searched as one types, narrowed and sorted, and the address keeps all of it", async () => {
    const { page, errors } = await stage.open("/tenants");
    await row(page, "Acme Airways").waitFor();
    expect(await page.getByText("5 tenants").isVisible()).toBe(true);
    await search(page).fill("e");
    await page.waitForURL(/q=e/);
    await search(page).fill("bor");
    await page.waitForURL(/q=bor/);
    await page.getByText("1 tenant", { exact: true }).waitFor();
    expect(await names(page)).toEqual(["Borealis Foods"]);
    await search(page).fill("");
    await page.getByText("5 tenants").waitFor();
    await page.getByRole("combobox", { name: "Status" }).click();
    await page.getByRole("option", { name: "Suspended" }).click();
    await page.getByText("1 tenant", { exact: true }).waitFor();
    expect(await names(page)).toEqual(["Delta Dental"]);
    await page.goBack();
    await page.getByText("5 tenants").waitFor();
    await page.goForward();
    await page.getByText("1 tenant", { exact: true }).waitFor();
    await page.reload();
    await row(page, "Delta Dental").waitFor();
    expect(await names(page)).toEqual(["Delta Dental"]);
    await page.goto(`${stage.place.url}/console/tenants?plan=business&sort=-name`);
    await row(page, "Acme Airways").waitFor();
    expect(await names(page)).toEqual(["Acme Airways"]);
    await page.goto(`${stage.place.url}/console/tenants`);
    await grid(page).getByRole("button", { name: "Name" }).click();
    await page.waitForURL(/sort=name/);
    await expect
      .poll(() => names(page), soon)
      .toEqual([mark, "Acme Airways", "Borealis Foods", "Cobalt Mining", "Delta Dental"]);
    expect(
      await grid(page).getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort"),
    ).toBe("ascending");
    expect(await page.title()).toBe("Tenants · Hestia");
    expect(errors).toEqual([]);
  });

  test("says that nothing is like that, and leads back to all", async () => {
    const { page } = await stage.open("/tenants?q=nobody-is-called-that");
    await page.getByText("No tenant is like that").waitFor();
    await picture(page, "tenants-nothing-found");
    await page.getByRole("button", { name: "Show all" }).click();
    await row(page, "Acme Airways").waitFor();
    expect(await search(page).inputValue()).toBe("");
  });

  test("goes to a tenant and comes back as it was", async () => {
    const { page } = await stage.open("/tenants?q=a&sort=name");
    await row(page, "Acme Airways").click();
    await page.waitForURL(/tenants\/[0-9a-f-]{36}/);
    await page.goBack();
    await row(page, "Cobalt Mining").waitFor();
    expect(page.url()).toContain("/tenants?q=a&sort=name");
    expect(await search(page).inputValue()).toBe("a");
    const host = row(page, "Acme Airways").getByRole("link", { name: /Open acme.localhost/ });
    expect(await host.getAttribute("href")).toBe("http://acme.localhost/");
    expect(await host.getAttribute("rel")).toContain("noopener");
  });

  test("is gone through by keys alone", async () => {
    const { page } = await stage.open("/tenants?sort=slug");
    await row(page, "Acme Airways").waitFor();
    await page.keyboard.press("/");
    await search(page).and(page.locator(":focus")).waitFor();
    await grid(page).getByRole("row").nth(1).focus();
    const focused = () => page.locator(":focus").textContent();
    await page.keyboard.press("ArrowDown");
    await expect.poll(focused, soon).toContain("Borealis Foods");
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await expect.poll(focused, soon).toContain("Cobalt Mining");
    await page.keyboard.press("Space");
    expect(await row(page, "Borealis Foods").getAttribute("aria-selected")).toBe("true");
    expect(await page.getByText("2 selected").isVisible()).toBe(true);
    await page.keyboard.press("End");
    await expect.poll(focused, soon).toContain("marked");
    await page.keyboard.press("Home");
    await expect.poll(focused, soon).toContain("Acme Airways");
    await page.keyboard.press("Enter");
    await page.waitForURL(/tenants\/[0-9a-f-]{36}/);
  });

  test("shows what will become of each selected tenant before anything does, and what did", async () => {
    const { page, errors } = await stage.open("/tenants?sort=slug");
    for (const name of ["Acme Airways", "Cobalt Mining", "Delta Dental"])
      await grid(page)
        .getByRole("checkbox", { name: `Select ${name}` })
        .check();
    await page.getByRole("button", { name: "Suspend…" }).click();
    await page.waitForURL(/bulk=suspend/);
    const dialog = page.getByRole("dialog", { name: "Suspend tenants" });
    await dialog.getByText("Will be suspended: 2").waitFor();
    await dialog.getByText("Are that already and stay as they are: 1").waitFor();
    await page.reload();
    await dialog.getByText("Will be suspended: 2").waitFor();
    await dialog.getByRole("button", { name: "Suspend 2" }).click();
    await dialog.getByText("The reason may not be empty.").waitFor();
    await dialog.getByLabel("Reason").fill("The contract ends.");
    await picture(page, "tenants-bulk-preview");
    await dialog.getByRole("button", { name: "Suspend 2" }).click();
    await dialog.getByText("2 done, 0 not").waitFor();
    await picture(page, "tenants-bulk-results");
    const { client } = stage.place;
    const suspended = await client.tenants.list({ status: ["suspended"], sort: "slug" });
    expect(suspended.items.map(({ slug }) => slug)).toEqual(["acme", "cobalt", "delta"]);
    await dialog.getByRole("button", { name: "Undo" }).click();
    await dialog.getByText("What was suspended is served again.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect
      .poll(async () => (await client.tenants.list({ status: ["suspended"] })).items.length, soon)
      .toBe(1);
    expect(page.url()).not.toContain("bulk");
    expect(errors).toEqual([]);
  });

  test("names those that cannot be resumed, and leaves what changed meanwhile alone", async () => {
    const { client } = stage.place;
    const { page } = await stage.open("/tenants?sort=slug");
    const made = await createTenant(client, { slug: "ending", name: "Ending Soon" });
    await client.tenants.delete({ tenantId: made.id }, { waitSeconds: 30 });
    for (const name of ["Delta Dental", "Ending Soon", "Acme Airways"])
      await grid(page)
        .getByRole("checkbox", { name: `Select ${name}` })
        .check();
    await page.getByRole("button", { name: "Resume…" }).click();
    const dialog = page.getByRole("dialog", { name: "Resume tenants" });
    await dialog.getByText("Will be served again: 1").waitFor();
    await dialog.getByText("It is being deleted; restore it first.").waitFor();
    // Whoever is quicker between the look and the press wins, and is told of.
    await page.route("**/v1/tenants/*/resume", async (route) => {
      const { items } = await client.tenants.list({ slug: "delta" });
      const [delta] = items;
      if (delta) await client.tenants.suspend({ tenantId: delta.id, reason: "Another one." });
      await route.continue();
    });
    await dialog.getByRole("button", { name: "Resume 1" }).click();
    await dialog.getByText("Somebody changed it meanwhile; look at it again").waitFor();
    expect((await client.tenants.list({ slug: "delta" })).items[0]?.status).toBe("suspended");
  });

  test("has good manners in both themes, on a narrow screen and at 200 %", async () => {
    await expectManners(stage, {
      path: "/tenants",
      name: "tenants",
      ready: (page) => row(page, "Acme Airways").waitFor(),
    });
  }, 120_000);

  test.each(["light", "dark"] as const)(
    "keeps them with its dialog and filters, in %s",
    async (scheme) => {
      const wide = await stage.open("/tenants", { scheme });
      await row(wide.page, "Acme Airways").getByRole("checkbox").check();
      await picture(wide.page, `tenants-selected-${scheme}`);
      await expectAccessible(wide.page);
      await wide.page.getByRole("button", { name: "Suspend…" }).click();
      await wide.page.getByText("Will be suspended: 1").waitFor();
      await expectAccessible(wide.page);
      const narrow = await stage.open("/tenants", { scheme, width: 360, height: 740 });
      await row(narrow.page, "Acme Airways").waitFor();
      await narrow.page.getByRole("button", { name: "Filters" }).click();
      await narrow.page.getByRole("combobox", { name: "Sort by" }).waitFor();
      await picture(narrow.page, `tenants-360-filters-${scheme}`);
      await expectAccessible(narrow.page);
      await expectNoSideways(narrow.page);
    },
  );
});

inBrowser("a list of ten thousand tenants", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await ask(
      stage.place.clone.databaseUrl,
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, plan_id, settings, created_at, updated_at, version, synced_version)
       select gen_random_uuid(), 'many-' || n, 'Tenant ' || to_char(n, 'FM00000'), 'active', 'shared',
              (select id from platform.clusters limit 1), 'standard', '{}', now() - n * interval '1 minute', now(), 1, 1
       from generate_series(1, 10000) n`,
    );
  });
  afterAll(() => stage?.end());

  test("keeps few rows in the page, reads on as one goes down, and follows changes by a page or two", async () => {
    const { page } = await stage.open("/tenants?sort=name");
    const grid = page.getByRole("grid");
    const rows = grid.getByRole("row");
    await grid.getByRole("row", { name: "Tenant 00001" }).waitFor();
    await page.getByText("At least 200 tenants").waitFor();
    expect(await grid.getAttribute("aria-rowcount")).toBe("-1");
    await rows.nth(1).focus();
    for (const count of ["400", "600", "800"]) {
      await page.keyboard.press("End");
      await page.getByText(`At least ${count} tenants`).waitFor();
    }
    expect(await rows.count()).toBeLessThan(60);
    await expect.poll(() => page.locator(":focus").textContent(), soon).toContain("Tenant 00600");
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/v1/tenants?")) asked.push(request.url());
    });
    const { client } = stage.place;
    const [last] = (await client.tenants.list({ slug: "many-600" })).items;
    await client.tenants.update(
      { tenantId: last?.id as never, name: "Tenant 00600 renamed" },
      { ifMatch: "*" },
    );
    await grid.getByRole("row", { name: "Tenant 00600 renamed" }).waitFor();
    expect(asked.length).toBeLessThanOrEqual(2);
    await page.keyboard.press("Home");
    await grid.getByRole("row", { name: "Tenant 00001" }).waitFor();
    await picture(page, "tenants-ten-thousand");
  });
});
