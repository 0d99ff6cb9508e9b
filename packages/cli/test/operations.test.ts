// The commands about operations and migrations, against a real server: work that takes its time, fails, is stopped and
// is tried again.
import type { MigrationStateView, OperationView } from "@hestia/api";
import type { Page } from "@hestia/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

const airports = "create table airports (code text primary key);";
const notes = "create table notes (id uuid primary key, text text not null);";

let world: World;
let dir: string;
beforeAll(async () => {
  world = await startWorld();
  dir = await world.writeMigrations({
    "shared/0001_airports.sql": airports,
    "tenant/0001_notes.sql": notes,
  });
});
afterAll(() => world?.end());

test("migrate up stores the folder, applies it and says how many targets are current", async () => {
  const { code, stdout, stderr } = await world.run(`migrate up --dir ${dir}`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "1 target is current.\n" });
  expect(stderr).toContain("New: shared/0001_airports.sql, tenant/0001_notes.sql\n");
  await world.run("tenants create acme --isolation schema");
});

test("migrate up finds the folder by HESTIA_MIGRATIONS and has nothing to do twice", async () => {
  const again = await world.run("migrate up --json", { env: { HESTIA_MIGRATIONS: dir } });
  expect(jsonOf<OperationView>(again)).toMatchObject({
    kind: "migrations.up",
    status: "succeeded",
  });
  expect(again.stderr).toContain("No new files.\n");
});

test("migrate up says what it takes out", async () => {
  await world.client.migrations.store({
    files: [
      { set: "shared", name: "0001_airports.sql", sql: airports },
      { set: "tenant", name: "0001_notes.sql", sql: notes },
      { set: "tenant", name: "0009_early.sql", sql: "select 1;" },
    ],
  });
  const { stderr } = await world.run(`migrate up --dir ${dir}`);
  expect(stderr).toContain("Taken out, since no target has them: tenant/0009_early.sql\n");
});

test("migrate status compares the folder with what is stored", async () => {
  const state = jsonOf<MigrationStateView>(await world.run("migrate status --json"));
  expect(state).toEqual(await world.client.migrations.get());
  await world.writeMigrations({
    "tenant/0001_notes.sql": "create table notes (id uuid primary key);",
    "tenant/0002_more.sql": "select 1;",
  });
  const { stdout } = await world.run(`migrate status --dir ${dir}`);
  const states = Object.fromEntries(
    stdout.split("\n").flatMap((line) => {
      const [, path, found] = /^(\S+\.sql) {2,}(\S+( \S+)?)/.exec(line) ?? [];
      return path === undefined ? [] : [[path, found]];
    }),
  );
  expect(states).toEqual({
    "shared/0001_airports.sql": "stored",
    "tenant/0001_notes.sql": "changed here",
    "tenant/0002_more.sql": "not stored",
  });
  expect(stdout).toMatch(/Targets: \d current/);
});

test("a file that was applied and then changed is refused as a conflict", async () => {
  const outcome = await world.run(`migrate up --dir ${dir}`);
  expect(outcome).toMatchObject({ code: 5, stdout: "" });
  expect(outcome.stderr).toContain("tenant/0001_notes.sql differs from what was stored");
  await world.writeMigrations({
    "tenant/0001_notes.sql": "create table notes (id uuid primary key, text text not null);",
  });
});

test("a migration that fails is told with its cause and how to go on, and is tried again", async () => {
  await world.writeMigrations({ "tenant/0003_wrong.sql": "select 1/0;" });
  const failed = await world.run(`migrate up --dir ${dir}`);
  expect(failed).toMatchObject({ code: 5, stdout: "" });
  expect(failed.stderr).toContain("✖ partitions");
  expect(failed.stderr).toContain("division by zero");
  expect(failed.stderr).toContain("hestia migrate retry\n");
  const { items } = await world.client.operations.list({ status: ["failed"] });
  const id = items.find(({ kind }) => kind === "migrations.up")?.id;
  const { stdout } = await world.run("migrate status");
  expect(stdout).toMatch(/Targets: \d current.*1 failed/);
  expect(stdout).toContain("division by zero");
  await world.writeMigrations({ "tenant/0003_wrong.sql": "select 1/1;" });
  await world.client.migrations.store({ files: await filesOf(world) });
  const retried = await world.run(`operations retry ${id} --json`);
  expect(retried.code).toBe(0);
  expect(jsonOf<OperationView>(retried)).toMatchObject({ id, status: "succeeded" });
});

async function filesOf({ client }: World) {
  const { files } = await client.migrations.get();
  const sql: Record<string, string> = {
    "0001_airports.sql": "create table airports (code text primary key);",
    "0001_notes.sql": "create table notes (id uuid primary key, text text not null);",
    "0002_more.sql": "select 1;",
    "0003_wrong.sql": "select 1/1;",
  };
  return files.map(({ set, name }) => ({ set, name, sql: sql[name] ?? "" }));
}

test("operations are listed, filtered and shown", async () => {
  const page = jsonOf<Page<OperationView>>(await world.run("operations list --tenant acme --json"));
  expect(page.items.map(({ kind }) => kind)).toEqual(["tenant.provision"]);
  const all = jsonOf<Page<OperationView>>(
    await world.run("operations list --all --limit 1 --json"),
  );
  expect(all.items.length).toBeGreaterThan(3);
  const { stdout } = await world.run("operations list --kind migrations.up --status succeeded");
  expect(stdout).toMatch(/^ID +KIND +STATUS +STARTED\n/);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const shown = await world.run(`operations get ${page.items[0]?.id}`);
  expect(shown.stdout).toMatch(/\nsteps {5}✔ validate/);
});

test("Ctrl-C ends the watching, not the operation, and says how to go on", async () => {
  await world.writeMigrations({ "tenant/0004_slow.sql": "select pg_sleep(2);" });
  const { code, stdout, stderr } = await world.run(`migrate up --dir ${dir}`, {
    onStart: (child) =>
      child.stderr?.on("data", (text) => {
        if (String(text).includes("shared migrations")) child.kill("SIGINT");
      }),
  });
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  const [, id] = /hestia operations watch (\S+)/.exec(stderr) ?? [];
  expect(stderr).toContain(`The operation ${id} goes on without you.\n`);
  const watched = await world.run(`operations watch ${id} --json`);
  expect(jsonOf<OperationView>(watched)).toMatchObject({ id, status: "succeeded" });
});

test("an operation is cancelled, and one that is over is not", async () => {
  await world.writeMigrations({ "shared/0005_slow.sql": "select pg_sleep(5);" });
  const asked = jsonOf<OperationView>(await world.run(`migrate up --dir ${dir} --no-wait --json`));
  const cancelled = await world.run(`operations cancel ${asked.id}`);
  expect(cancelled.code).toBe(0);
  const watched = await world.run(`operations watch ${asked.id} --json`);
  expect(watched.code).toBe(5);
  expect(jsonOf<OperationView>(watched).status).toBe("cancelled");
  const again = await world.run(`operations cancel ${asked.id}`);
  expect(again).toMatchObject({ code: 5, stdout: "" });
});
