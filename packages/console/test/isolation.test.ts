// Isolation in a real browser: a check is asked for, followed, ends in a proof or in findings with their cures.
import { readFile } from "node:fs/promises";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cancelCheck, installPlatform } from "../../server/test/checks.ts";
import { ask, createTenant, migrations, until } from "../../server/test/world.ts";
import { inBrowser, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners } from "./manners.fixture.ts";

// A hundred attacks and the mutations behind them, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

inBrowser("isolation", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage([{}, {}, await installPlatform()]);
    const { client } = stage.place;
    await client.migrations.store({ files: migrations });
    await createTenant(client, { slug: "acme" });
  });
  afterAll(() => stage?.end());

  const checked = async () => {
    const { client } = stage.place;
    const { id: operationId } = await client.isolationChecks.start({ models: ["shared"] });
    await until(
      "it is over",
      async () => (await client.operations.get({ operationId })).finishedAt !== undefined,
      200_000,
    );
    return (await client.isolationChecks.list({ limit: 1 })).items[0]?.id ?? "";
  };

  test("teaches where there is none; a check is begun by keyboard alone, and cancelled", async () => {
    const { page, errors } = await stage.open("/isolation");
    await page.getByText("npx --no hestia isolation check").waitFor();
    await page.getByRole("button", { name: "Check now" }).press("Enter");
    await page.getByRole("dialog", { name: "Check isolation now" }).waitFor();
    await page.getByRole("button", { name: "Start the check" }).press("Enter");
    await page.getByRole("heading", { name: "A check is running" }).waitFor();
    await page.getByRole("progressbar").waitFor();
    const again = stage.place.client.isolationChecks.start();
    await expect(again).rejects.toMatchObject({ code: "isolation_check_running" });
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    // Nothing is reloaded: the server tells that it is over.
    await page
      .getByRole("heading", { name: "The last check was cancelled" })
      .waitFor({ timeout: 60_000 });
    await cancelCheck(stage.place.client);
    expect(errors).toEqual([]);
  });

  test("a proof is dated, counted and exported", async () => {
    const id = await checked();
    await expectManners(stage, {
      path: "/isolation",
      name: "isolation",
      ready: (page) => page.getByRole("heading", { name: "Tenants are kept apart" }).waitFor(),
    });
    const { page } = await stage.open(`/isolation/${id}`);
    await page.getByRole("heading", { name: "Findings" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export JSON" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^isolation-\d{4}-\d\d-\d\d\.json$/);
    const exported = JSON.parse(await readFile(await file.path(), "utf8"));
    expect(exported).toEqual(
      JSON.parse(
        JSON.stringify(
          await stage.place.client.isolationChecks.get({ isolationCheckId: id as never }),
        ),
      ),
    );
  });

  test("findings are told with their object, why, and the SQL that cures them", async () => {
    const { clone } = stage.place;
    const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
    await ask(data, "alter table app.notes no force row level security");
    const id = await checked();
    const { page } = await stage.open(`/isolation/${id}`);
    await page
      .getByRole("region", { name: /^Cure of / })
      .first()
      .waitFor();
    await page.getByText("Errors ").click();
    expect(page.url()).toContain("severity=error");
    const finding = page.getByRole("article").filter({ hasText: "Doctor" }).first();
    const sql = (await finding.getByRole("region", { name: /^Cure of / }).textContent()) ?? "";
    await expectManners(stage, {
      path: `/isolation/${id}`,
      name: "isolation-check",
      ready: (tab) =>
        tab
          .getByRole("region", { name: /^Cure of / })
          .first()
          .waitFor(),
    });
    // What it says to do is what cures it.
    await ask(data, sql);
    const { page: after } = await stage.open("/isolation");
    await checked();
    await after.getByRole("heading", { name: "Tenants are kept apart" }).waitFor();
  });
});
