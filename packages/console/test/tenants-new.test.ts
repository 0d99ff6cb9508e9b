// A new tenant in a real browser: described with every fault at its field, made once, watched, and retried when it fails.
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant, migrations } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage, type Tab } from "./browser.fixture.ts";
import { expectAccessible, expectManners, expectNoSideways } from "./manners.fixture.ts";

const soon = { timeout: 10_000 };
const mark = `<img src=x onerror="document.title='broken into'">`;

inBrowser("a new tenant", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    const { client } = stage.place;
    await client.migrations.store({ files: migrations });
    await client.plans.create({
      id: "checked",
      name: "Checked",
      description: "For customers we know.",
      requires: ["approval"],
      trialDays: 14,
    });
    await createTenant(client, { slug: "acme", name: "Acme Airways", domain: "app.acme.test" });
  });
  afterAll(() => stage?.end());

  const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
  const isFocused = (input: Locator) => input.and(input.page().locator(":focus")).isVisible();
  const create = (page: Page) => page.getByRole("button", { name: "Create tenant" }).click();
  const open = async (path = "/tenants/new", options = {}): Promise<Tab> => {
    const tab = await stage.open(path, options);
    await tab.page.getByRole("heading", { name: "New tenant" }).waitFor();
    await expect
      .poll(() => tab.page.getByRole("combobox", { name: "Plan" }).inputValue(), soon)
      .not.toBe("");
    return tab;
  };

  test("gets its slug from its name, is made, and is watched until it stands", async () => {
    const { page, errors } = await open();
    await field(page, "Name").fill("Größe & Söhne GmbH");
    expect(await field(page, "Slug").inputValue()).toBe("grosse-and-sohne-gmbh");
    await page.getByText("Nobody has it").waitFor();
    await page.getByText("grosse-and-sohne-gmbh.localhost").waitFor();
    await field(page, "Slug").fill("sons");
    await field(page, "Name").fill("Größe & Söhne AG");
    expect(await field(page, "Slug").inputValue()).toBe("sons");
    await page.getByText("tenants create sons --name 'Größe & Söhne AG'").waitFor();
    await create(page);
    await page.getByRole("heading", { name: "Größe & Söhne AG is ready" }).waitFor();
    expect(page.url()).toMatch(/tenant=.*operation=|operation=.*tenant=/);
    const steps = page.getByRole("list", { name: "Steps" }).getByRole("listitem");
    expect(await steps.count()).toBe(6);
    expect(await steps.last().textContent()).toMatch(/Open it.*Done.*\d+ ms/s);
    await page.getByRole("link", { name: "Open in a new tab" }).waitFor();
    await page.getByText('hestia.tenant("sons")').waitFor();
    await picture(page, "new-tenant-ready");
    await page.reload();
    await page.getByRole("heading", { name: "Größe & Söhne AG is ready" }).waitFor();
    await page.getByRole("link", { name: "Show the tenant" }).click();
    await page.waitForURL(/tenants\/[0-9a-f-]{36}$/);
    expect(errors).toEqual([]);
  });

  test("is told of a slug that is taken, by whom, and of one that is free", async () => {
    const { page } = await open();
    await field(page, "Name").fill("Acme");
    await page.getByText("It is taken by Acme Airways.").waitFor();
    await picture(page, "new-tenant-taken");
    await page.getByRole("button", { name: "Use acme-2" }).click();
    expect(await field(page, "Slug").inputValue()).toBe("acme-2");
    await page.getByText("Nobody has it").waitFor();
  });

  test("has every fault at its field, those of the server too, and the first of them gets the focus", async () => {
    const { page } = await open();
    await create(page);
    await page.getByText("The name may not be empty.").waitFor();
    await page.getByText("The slug must have at least 2 characters.").waitFor();
    await expect.poll(() => isFocused(field(page, "Name")), soon).toBe(true);
    // And is seen: not under the header.
    const header = await page.getByRole("banner").boundingBox();
    const name = await field(page, "Name").boundingBox();
    expect(name?.y).toBeGreaterThan(header?.height ?? Number.NaN);
    await field(page, "Name").fill("Acme");
    await field(page, "Slug").fill("Api");
    await page.getByText("The slug may have only lower-case letters").waitFor();
    await field(page, "Slug").fill("api");
    await page.getByText('"api" is kept for the platform').waitFor();
    await field(page, "Its own domain").fill("https://acme.test/");
    await page.getByText("The domain must be a host name alone").waitFor();
    await field(page, "First administrator").fill("ada");
    await page.getByText("This must be an e-mail address").waitFor();
    await field(page, "Settings").fill("{ seats }");
    await page.getByText("This is no JSON yet").waitFor();
    await picture(page, "new-tenant-faults");
    // The rest only the server can know.
    await field(page, "Slug").fill("acme");
    await field(page, "Its own domain").fill("app.acme.test");
    await field(page, "First administrator").fill("ada@acme.test");
    await field(page, "Settings").fill('{ "seats": 3 }');
    await create(page);
    await page.getByText('The slug "acme" is taken').waitFor();
    await field(page, "Slug").fill("acme-domain");
    await create(page);
    await page.getByText("is in use by a tenant").waitFor();
    await expect
      .poll(() => field(page, "Its own domain").getAttribute("aria-invalid"), soon)
      .toBe("true");
  });

  test("is made once, however often it is sent", async () => {
    const { page, context } = await open();
    await field(page, "Name").fill("Once Only");
    let lost = 0;
    // The server makes it, and the answer does not come through.
    await context.route("**/v1/tenants", async (route) => {
      if (route.request().method() !== "POST" || lost > 0) return route.continue();
      lost += 1;
      await route.fetch();
      await route.abort("connectionreset");
    });
    await page.evaluate("document.forms[0].requestSubmit(); document.forms[0].requestSubmit();");
    await page.getByRole("heading", { name: "Once Only is ready" }).waitFor();
    expect(lost).toBe(1);
    const { items } = await stage.place.client.tenants.list({ q: "once" });
    expect(items.map(({ slug }) => slug)).toEqual(["once-only"]);
  });

  test("waits for what its plan requires, and says so before and after", async () => {
    const { page } = await open();
    await page.getByRole("combobox", { name: "Plan" }).click();
    await page.getByRole("option", { name: "Checked" }).click();
    await page.getByText("this must be verified: an approval").waitFor();
    await page.getByText("It has a trial of 14 days").waitFor();
    await field(page, "Name").fill("Careful Customer");
    await page.reload();
    expect(await field(page, "Name").inputValue()).toBe("Careful Customer");
    await page.getByText("It has a trial of 14 days").waitFor();
    await create(page);
    await page.getByRole("heading", { name: "Careful Customer waits" }).waitFor();
    await page.getByText("it waits for what its plan requires").waitFor();
    await page.getByText("tenants verifications careful-customer").waitFor();
  });

  test("that fails says why, and stands when it is tried again", async () => {
    const { client } = stage.place;
    const broken = {
      set: "tenant",
      name: "0002_broken.sql",
      sql: "create table broken (id ky);",
    } as const;
    await client.migrations.store({ files: [...migrations, broken] });
    const { page, errors } = await open();
    await field(page, "Name").fill("Second Try");
    await page.getByRole("radio", { name: "Own schema" }).click();
    await create(page);
    await page.getByRole("heading", { name: "Second Try could not be created" }).waitFor();
    const alert = page.getByRole("alert");
    await alert.getByText(/0002_broken/).waitFor();
    await picture(page, "new-tenant-failed");
    await client.migrations.store({ files: migrations });
    await alert.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Second Try is ready" }).waitFor();
    const [tenant] = (await client.tenants.list({ slug: "second-try" })).items;
    expect(tenant).toMatchObject({ status: "active", isolation: "schema" });
    expect(errors).toEqual([]);
  });

  test("is made by keys alone", async () => {
    const { page } = await open();
    await field(page, "Name").focus();
    await page.keyboard.type("Keys Alone");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Keys Alone is ready" }).waitFor();
    await expect.poll(() => page.locator(":focus").textContent(), soon).toBe("Keys Alone is ready");
  });

  test("keeps marks in names and settings as text", async () => {
    const { page, errors } = await open();
    await field(page, "Name").fill(mark);
    await field(page, "Slug").fill("marked");
    await field(page, "Settings").fill(JSON.stringify({ note: mark }));
    await create(page);
    await page.getByRole("heading", { name: `${mark} is ready` }).waitFor();
    expect(await page.title()).toBe(`${mark} is ready · Hestia`);
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test("has good manners in both themes, on a narrow screen and at 200 %", async () => {
    await expectManners(
      { open },
      {
        path: "/tenants/new",
        name: "new-tenant",
        ready: (page) => field(page, "Slug").waitFor(),
      },
    );
  }, 120_000);

  test.each(["light", "dark"] as const)(
    "keeps them with faults and at its end, in %s",
    async (scheme) => {
      const wide = await open("/tenants/new", { scheme, height: 1200 });
      await create(wide.page);
      await wide.page.getByText("The name may not be empty.").waitFor();
      await expectAccessible(wide.page);
      const narrow = await open("/tenants/new", { scheme, width: 360, height: 1400 });
      await field(narrow.page, "Name").fill(`Narrow ${scheme}`);
      await create(narrow.page);
      await narrow.page.getByRole("heading", { name: `Narrow ${scheme} is ready` }).waitFor();
      await picture(narrow.page, `new-tenant-360-ready-${scheme}`);
      await expectNoSideways(narrow.page);
      await expectAccessible(narrow.page);
    },
  );
});

inBrowser("a new tenant where settings have a schema", () => {
  let stage: Stage;
  beforeAll(async () => {
    const settingsSchema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        seats: { type: "integer", title: "Seats", minimum: 1, description: mark },
        region: { type: "string", title: "Region", enum: ["eu", "us"] },
        theme: {
          type: "object",
          title: "Theme",
          properties: { accent: { type: "string", title: "Accent", pattern: "^#[0-9a-f]{6}$" } },
        },
      },
      required: ["seats"],
      additionalProperties: false,
    };
    stage = await setStage([{ settingsSchema }]);
  });
  afterAll(() => stage?.end());

  test("is asked for them by a form drawn from it, which no policy of the page is loosened for", async () => {
    const { page, errors } = await stage.open("/tenants/new", { height: 1200 });
    const seats = page.getByRole("textbox", { name: "Seats" });
    await seats.waitFor();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Seated");
    await page.getByRole("button", { name: "Create tenant" }).click();
    await page.getByText("seats is required.").waitFor();
    await picture(page, "new-tenant-schema-faults");
    await seats.fill("0");
    await page.getByText("This must be 1 at least.").waitFor();
    await page.getByRole("textbox", { name: "Accent" }).fill("red");
    await page.getByText("This has not the form that it must have.").waitFor();
    await picture(page, "new-tenant-schema");
    await seats.fill("3");
    await page.getByRole("textbox", { name: "Accent" }).fill("#ff8800");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Create tenant" }).click();
    await page.getByRole("heading", { name: "Seated is ready" }).waitFor();
    const [tenant] = (await stage.place.client.tenants.list({ slug: "seated" })).items;
    expect(tenant?.settings).toEqual({ seats: 3, theme: { accent: "#ff8800" } });
    expect(errors).toEqual([]);
  });
});
