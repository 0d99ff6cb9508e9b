// Migrations in a real browser: a dry run, a roll-out that a failure stops in its first wave, the target put right and tried
// again, the roll-out gone on with, and drift shown.
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant, migrations, until } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners, expectNoHarm, marker } from "./manners.fixture.ts";

inBrowser("migrations", () => {
  let stage: Stage;
  let dataUrl: string;
  let files = [...migrations];
  const ids: string[] = [];
  const places: string[] = [];
  beforeAll(async () => {
    stage = await setStage();
    dataUrl = withDatabase(stage.place.clone.databaseUrl, stage.place.clone.dataDatabase);
  });
  afterAll(() => stage?.end());
  const add = async (sql: string) => {
    files = [...files, { set: "tenant", name: `000${files.length}_more.sql`, sql }];
    await stage.place.client.migrations.store({ files });
  };

  test("that are not stored yet teach how they are", async () => {
    const { page } = await stage.open("/migrations");
    await page.getByRole("heading", { name: "No migration is stored" }).waitFor();
    await page.getByText("hestia migrate up --dir migrations").waitFor();
  });

  test("are tried before they are rolled out, with options that a reload keeps", async () => {
    await stage.place.client.migrations.store({ files });
    for (const slug of ["one", "two", "three", "four"]) {
      const { id } = await createTenant(stage.place.client, {
        slug,
        name: slug === "one" ? marker : slug,
        isolation: "schema",
      });
      ids.push(id);
      places.push(`t_${id.replaceAll("-", "")}`);
    }
    // One row of one tenant that the next file cannot take.
    await ask(
      dataUrl,
      `insert into ${places[0]}.notes (tenant_id, id, text) values ('${ids[0]}', gen_random_uuid(), 'no number')`,
    );
    await add("alter table notes alter text type int using text::int;");
    const { page, errors } = await stage.open("/migrations");
    await page.getByRole("link", { name: "Roll out", exact: true }).click();
    await page.getByRole("heading", { name: "Roll out migrations" }).waitFor();
    await page.getByRole("combobox", { name: "Canaries" }).fill("one");
    await page.keyboard.press("Enter");
    await page.getByLabel("Waves, in per cent").fill("50");
    await page.getByRole("switch", { name: "Stop at the first failure" }).press("Space");
    await page.getByText("hestia migrate up --canary one --waves 50 --stop-on-error").waitFor();
    await page.getByLabel("Waves, in per cent").fill("50, 20");
    await page.getByText("Write growing shares").waitFor();
    expect(await page.getByRole("button", { name: "Dry run", exact: true }).isDisabled()).toBe(
      true,
    );
    await page.getByLabel("Waves, in per cent").fill("50");
    await page.getByRole("button", { name: "Dry run", exact: true }).click();
    await page.getByText("4 targets would be brought up").waitFor();
    await page.reload();
    await page.getByText("4 targets would be brought up").waitFor();
    await picture(page, "migrations-dry-run");
    await page.getByText("hestia migrate up --canary one --waves 50 --stop-on-error").waitFor();
    expect(errors).toEqual([]);
  });

  test("stop in the wave where one fails; it is put right, tried again, and the roll-out goes on", async () => {
    const { page, errors } = await stage.open(
      `/migrations?view=roll-out&canary=${encodeURIComponent('["one"]')}&waves=50&stopOnError=true`,
    );
    await page.getByRole("button", { name: "Roll out without a dry run" }).click();
    await page.getByRole("heading", { name: "Roll-out", exact: true }).waitFor();
    const wave = (name: string) => page.getByRole("listitem").filter({ hasText: name }).first();
    await page.getByText('The run stopped in the wave "canary"').first().waitFor();
    await wave("Canaries").getByText("Done, with failures").waitFor();
    await wave("50 %").getByText("Not begun").waitFor();
    const failures = page.getByRole("table", { name: "Targets that failed" });
    await failures.getByText("Blocked", { exact: true }).waitFor();
    await failures.getByText(/0002_more\.sql:1/).waitFor();
    await picture(page, "migrations-stopped");

    await ask(dataUrl, `update ${places[0]}.notes set text = '7'`);
    await page.getByRole("button", { name: "Retry what failed and go on" }).click();
    await wave("Canaries").getByText("1 of 1 current").waitFor();
    await wave("The rest").getByText("Done", { exact: true }).waitFor();
    await page.getByText("Succeeded").first().waitFor();
    await failures.waitFor({ state: "detached" });
    expect((await stage.place.client.migrations.get()).targets.current).toBe(5);
    expect(errors).toEqual([]);
  });

  test("hold after each wave until somebody continues them, and one target alone is tried again", async () => {
    await ask(
      dataUrl,
      `insert into ${places[1]}.notes (tenant_id, id, text) values ('${ids[1]}', gen_random_uuid(), 0)`,
    );
    await add("alter table notes add check (text > 0);");
    const { page } = await stage.open(
      `/migrations?view=roll-out&canary=${encodeURIComponent('["three"]')}&waves=&hold=true&errorRate=100`,
    );
    await page.getByRole("button", { name: "Roll out without a dry run" }).click();
    await page.getByText("This roll-out holds").waitFor();
    await page.getByRole("listitem").getByText("Waits for you").waitFor();
    await page.goto(`${stage.place.url}/console/`);
    await page.getByRole("link", { name: "A roll-out holds" }).click();
    await page.getByRole("button", { name: /^Continue with/ }).click();
    await page.getByText("1 of 3 targets failed").first().waitFor();
    await ask(dataUrl, `update ${places[1]}.notes set text = 1`);
    await page.getByRole("button", { name: "Retry two" }).click();
    await page.getByText("Succeeded").first().waitFor();
    expect((await stage.place.client.migrations.get()).targets).toEqual({
      current: 5,
      behind: 0,
      failed: 0,
    });
  });

  test("are compared with what stands there, and the differences are shown", async () => {
    await ask(dataUrl, `alter table ${places[2]}.notes add stranger int`);
    const { page, errors } = await stage.open("/migrations?view=drift");
    await page.getByRole("radio", { name: "Full" }).check();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText("1 of 4 partitions differ").waitFor();
    const table = page.getByRole("table", { name: "three" });
    await table.getByText("notes.stranger").waitFor();
    await table.getByText("Extra").waitFor();
    await picture(page, "migrations-drift");
    expect(errors).toEqual([]);
    await expectNoHarm(page);
  });

  test("have good manners in both themes and on a narrow screen", async () => {
    await add("alter table notes add check (text <> 7);");
    const { client } = stage.place;
    const run = await client.migrations.up({ errorRateMax: 1 });
    await until("the run has ended", async () => {
      const { finishedAt } = await client.operations.get({ operationId: run.id });
      return finishedAt !== undefined;
    });
    const { id: drift } = (await client.operations.list({ kind: "migrations.drift", limit: 1 }))
      .items[0] ?? { id: "" };
    const screens = [
      { path: "/migrations", name: "migrations", text: "Spread over versions" },
      { path: `/migrations?run=${run.id}`, name: "migrations-run", text: "Waves" },
      { path: "/migrations?view=roll-out", name: "migrations-roll-out", text: "Options" },
      {
        path: `/migrations?view=drift&drift=${drift}`,
        name: "migrations-drift",
        text: "three",
      },
    ];
    for (const { path, name, text } of screens)
      await expectManners(stage, {
        path,
        name,
        ready: (page) => page.getByRole("heading", { name: text }).first().waitFor(),
      });
  }, 300_000);
});
