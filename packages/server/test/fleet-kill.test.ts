// kill -9 in the middle of a run: whoever takes it up finds what was done in the targets' own ledgers, and does the rest.
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { ask, createTenant, migrations, until } from "./world.ts";

let clone: Clone;
let server: ServerProcess;
beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
  server = await startProcess(clone);
});
afterAll(async () => {
  await server.kill("SIGTERM");
  await clone.drop();
});

test("a run whose server is killed is finished by the next, and no file is applied twice", async () => {
  await server.client.migrations.store({ files: migrations });
  const dataUrl = withDatabase(clone.databaseUrl, clone.dataDatabase);
  const made = await Promise.all(
    ["schema", "schema", "schema", "schema", "database"].map((isolation, index) =>
      createTenant(server.client, { slug: `killed-${index}`, isolation: isolation as "schema" }),
    ),
  );
  const locked = `t_${made[0]?.id.replaceAll("-", "")}`;
  const holder = new pg.Client(dataUrl);
  await holder.connect();
  await holder.query(`begin; lock table ${locked}.notes in access share mode`);
  const once =
    "alter table notes add n int; create table once (id int primary key); insert into once values (1);";
  const more = { set: "tenant" as const, name: "0002_once.sql", sql: once };
  await server.client.migrations.store({ files: [...migrations, more] });
  const { id: operationId } = await server.client.migrations.up({ waves: [], errorRateMax: 1 });
  const having = () => ask(dataUrl, "select from hestia.migrations where name = '0002_once.sql'");
  await until("all but the locked one have it", async () => (await having()).length === 3);
  await server.kill();
  await holder.end();
  server = await startProcess(clone);
  await until("the run has ended", async () => {
    const { status } = await server.client.operations.get({ operationId });
    return status !== "queued" && status !== "running";
  });
  expect(await server.client.operations.get({ operationId })).toMatchObject({
    status: "succeeded",
    progress: 1,
  });
  expect(await having()).toHaveLength(4);
  expect((await server.client.migrations.get()).targets).toEqual({
    current: 6,
    behind: 0,
    failed: 0,
  });
  const own = made.at(-1)?.placement.database ?? "";
  expect(await ask(withDatabase(clone.databaseUrl, own), "select id from app.once")).toEqual([
    { id: 1 },
  ]);
});
