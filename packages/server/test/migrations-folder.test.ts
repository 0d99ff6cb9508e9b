// HESTIA_MIGRATIONS at the start: what a folder that is new, shorter, changed or absent comes to, in one sentence each.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../src/index.ts";
import { createTenant, migrations, type Place, startPlace } from "./world.ts";

let place: Place;
let folder: string;
beforeAll(async () => {
  place = await startPlace();
  folder = await mkdtemp(join(tmpdir(), "hestia-migrations-"));
  for (const set of ["tenant", "shared"]) await mkdir(join(folder, set));
  for (const file of migrations) await write(file.set, file.name, file.sql);
});
afterAll(async () => {
  await place.end();
  await rm(folder, { recursive: true });
});

const write = (set: string, name: string, sql: string) => writeFile(join(folder, set, name), sql);

/** Starts a server on the folder; returns what it said of migrations, and how the start ended. */
async function start(migrationsFolder = folder) {
  const lines: { level: number; msg: string; files?: string[] }[] = [];
  const log = pino({ level: "info" }, { write: (line) => void lines.push(JSON.parse(line)) });
  const server = await startServer({ config: { ...place.config, migrationsFolder }, log });
  const failure = await server.ready.then(
    () => undefined,
    (error: Error) => error,
  );
  await server.stop();
  const said = lines.filter(({ msg }) => msg.includes("migrations"));
  return { failure, said: said.map(({ level, msg, files }) => ({ level, msg, files })) };
}

const late = "0002_late.sql";
const bad = "create table late (id uuid primary ky);";
const good = "create table late (id uuid primary key); select hestia.isolate('late');";

test("what is new is stored and said, and the second time there is nothing to say", async () => {
  const { failure, said } = await start();
  expect(failure).toBeUndefined();
  const files = ["shared/0001_airports.sql", "tenant/0001_notes.sql"];
  expect(said).toEqual([
    { level: 30, msg: expect.stringMatching(/^new migrations are stored/), files },
  ]);
  expect(await start()).toEqual({ failure: undefined, said: [] });
});

test("what was corrected before any tenant had it is replaced, and said", async () => {
  await write("tenant", late, bad);
  await start();
  await write("tenant", late, good);
  const files = [`tenant/${late}`];
  expect((await start()).said).toEqual([
    { level: 40, msg: expect.stringMatching(/replaced/), files },
  ]);
  await createTenant(place.client, { slug: "migrated", isolation: "schema" });
});

test("what the folder lacks goes on to be served, and is said", async () => {
  await rm(join(folder, "tenant", late));
  const files = [`tenant/${late}`];
  expect(await start()).toEqual({
    failure: undefined,
    said: [{ level: 40, msg: expect.stringMatching(/the folder does not have/), files }],
  });
});

test.each([
  [
    "a file that a tenant has and that was changed",
    async () => write("tenant", late, `${good} -- and more`).then(() => folder),
    { code: "migration_changed", message: /^The migration tenant\/0002_late\.sql differs/ },
  ],
  [
    "a folder that is not there",
    async () => join(folder, "nowhere"),
    {
      code: "configuration_invalid",
      message: /^HESTIA_MIGRATIONS: .*nowhere cannot be read: there is/,
    },
  ],
  [
    "a file with NUL in it",
    async () => write("tenant", "0003_nul.sql", "select '\u0000';").then(() => folder),
    { code: "configuration_invalid", message: /^HESTIA_MIGRATIONS: tenant\/0003_nul\.sql has/ },
  ],
])("%s ends the start in one sentence", async (_, spoil, { code, message }) => {
  const { failure } = await start(await spoil());
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(failure?.message).not.toContain("\n");
});
