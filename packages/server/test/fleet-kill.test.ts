// kill -9 and SIGSTOP in the middle of a run: whoever takes it up finds what was done in the targets' own ledgers, ends the
// sessions of the one before, and does the rest.
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { ask, createTenant, migrations, until } from "./world.ts";

let clone: Clone;
let server: ServerProcess;
const all = [...migrations];
beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
  server = await startProcess(clone);
});
const victims: ServerProcess[] = [];
afterEach(async () => {
  for (const victim of victims.splice(0)) await victim.kill("SIGKILL");
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
  all.push(more);
  await server.client.migrations.store({ files: all });
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

test.each([
  ["in a message of several", "alter table notes add q int;"],
  ["in a transaction", "alter table notes add p int check (p > 0);"],
  [
    "without a transaction",
    "-- hestia: no-transaction\ncreate index concurrently notes_text on notes (text);",
  ],
])(
  "a run that is frozen %s is finished by another server, and the first writes nothing when it wakes up",
  async (_, sql) => {
    const dataUrl = withDatabase(clone.databaseUrl, clone.dataDatabase);
    await server.kill("SIGTERM");
    const patient = { HESTIA_MIGRATION_LOCK_MS: "60000" };
    const victim = await startProcess(clone, patient);
    victims.push(victim);
    const { files: stored } = await victim.client.migrations.get();
    const name = `000${stored.length}_frozen.sql`;
    all.push({ set: "tenant", name, sql });
    await victim.client.migrations.store({ files: all });
    const [first] = await ask<{ place: string }>(
      dataUrl,
      "select place from hestia.tenants where place like 't\\_%' order by place limit 1",
    );
    const holder = new pg.Client(dataUrl);
    await holder.connect();
    await holder.query(`begin; lock table ${first?.place}.notes in row exclusive mode`);
    const { id: operationId } = await victim.client.migrations.up({ waves: [], errorRateMax: 1 });
    const waiting = async () => {
      const rows = await ask<{ token: string }>(
        dataUrl,
        `select split_part(application_name, ' ', 3) as token from pg_stat_activity
       where application_name like $1 and wait_event_type = 'Lock'`,
        [`hestia ${operationId} %`],
      );
      return rows.map(({ token }) => token);
    };
    await until("its session waits", async () => (await waiting()).length === 1);
    const [frozen] = await waiting();
    victim.child.kill("SIGSTOP");
    server = await startProcess(clone, patient);
    await until("another's session waits, and the first one is gone", async () => {
      const tokens = await waiting();
      return tokens.length === 1 && tokens[0] !== frozen;
    });
    victim.child.kill("SIGCONT");
    await until("it serves again", async () => (await fetch(`${victim.url}/readyz`)).ok);
    await holder.end();
    await until(
      "the run has ended",
      async () => "finishedAt" in (await server.client.operations.get({ operationId })),
    );
    expect(await server.client.operations.get({ operationId })).toMatchObject({
      status: "succeeded",
      progress: 1,
    });
    await victim.kill("SIGTERM");
    expect(victim.child.exitCode).toBe(0);
    expect(
      await ask(dataUrl, "select from hestia.migrations where name = $1", [name]),
    ).toHaveLength(4);
    expect(await ask(dataUrl, "select from hestia.migration_attempts")).toEqual([]);
    expect(await ask(dataUrl, "select from pg_index where not indisvalid")).toEqual([]);
    expect((await server.client.migrations.get()).failures).toEqual([]);
  },
);
