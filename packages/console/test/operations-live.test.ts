// A server is killed while somebody watches: the page says that the connection is lost, another server takes the work over,
// and the page goes on by itself as soon as there is a server at its address again.
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "../../server/test/process.ts";
import { createTenant, migrations, until } from "../../server/test/world.ts";
import { inBrowser, type Launched, launch, picture } from "./browser.fixture.ts";

inBrowser("an operation that is watched while its server is killed", () => {
  let clone: Clone;
  let browser: Launched;
  const servers: ServerProcess[] = [];
  const patient = { HESTIA_MIGRATION_LOCK_MS: "60000" };
  const start = async (environment: Record<string, string> = {}) => {
    const server = await startProcess(clone, { ...patient, ...environment });
    servers.push(server);
    return server;
  };
  beforeAll(async () => {
    clone = await cloneTemplate(inject("postgresUrl"));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.browser.close();
    for (const server of servers) await server.kill("SIGKILL");
    await clone?.drop();
  });

  test("is taken over, and the page says so and recovers", async () => {
    const first = await start();
    await first.client.migrations.store({ files: migrations });
    const { id } = await createTenant(first.client, { slug: "watched", isolation: "schema" });
    const holder = new pg.Client(withDatabase(clone.databaseUrl, clone.dataDatabase));
    await holder.connect();
    await holder.query(`begin; lock table t_${id.replaceAll("-", "")}.notes in access share mode`);
    const more = {
      set: "tenant" as const,
      name: "0002_n.sql",
      sql: "alter table notes add n int;",
    };
    await first.client.migrations.store({ files: [...migrations, more] });
    const { id: operationId } = await first.client.migrations.up({ waves: [] });

    const { page } = await browser.open(first.url, `/operations/${operationId}`);
    const step = page.getByRole("listitem").filter({ hasText: "partitions" });
    await step.getByText("Running").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();

    const second = await start();
    await first.kill();
    const lost = page.getByText("The connection to the server is lost. What you see may be old");
    await lost.waitFor();
    await picture(page, "operation-lost");
    // What was known is still shown.
    expect(await step.getByText("Running").count()).toBe(1);

    await holder.end();
    await until("the second server has finished it", async () => {
      const { status } = await second.client.operations.get({ operationId });
      return status === "succeeded";
    });
    await start({ HESTIA_PORT: new URL(first.url).port });
    await page.getByText("Succeeded").first().waitFor({ timeout: 30_000 });
    await lost.waitFor({ state: "detached" });
    await page.getByText("100 %", { exact: true }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  });
});
