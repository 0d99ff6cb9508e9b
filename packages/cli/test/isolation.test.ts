// The isolation check as a command, on a real installation: what it prints and writes, how it ends, and that it leaves
// nothing behind. What it looks for is proven beside its probes.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

type Result = {
  probes: number;
  failed: number;
  mutations: { name: string; caught: boolean }[];
  findings: { kind: string; name: string; object?: string }[];
};

// Whole checks, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const dir = await world.writeMigrations({
    "tenant/0001_notes.sql":
      "create table notes (id uuid primary key default gen_random_uuid(), text text not null unique)",
  });
  await world.run(`migrate up --dir ${dir}`);
  for (const model of ["shared", "schema", "database"])
    await world.run(`tenants create ${model}-one --name One --isolation ${model}`);
});
afterAll(() => world?.end());

const check = (words = "", options = {}) =>
  world.run(`isolation check ${words}`, {
    env: { DATABASE_URL: world.clone.databaseUrl },
    ...options,
  });

const inData = (sql: string) =>
  withClient(
    withDatabase(world.clone.databaseUrl, world.clone.dataDatabase),
    async (client) => void (await client.query(sql)),
  );

test("a sound installation is proven, for programs, build servers and auditors", async () => {
  const [junit, html] = [join(world.folder, "junit.xml"), join(world.folder, "report.html")];
  const outcome = await check(`--json --junit ${junit} --html ${html}`);
  const result = jsonOf<Result>(outcome);
  expect(result).toMatchObject({ failed: 0, findings: [] });
  expect(outcome.code).toBe(0);
  expect(result.mutations.filter(({ caught }) => !caught)).toEqual([]);
  expect(await readFile(junit, "utf8")).toContain(' failures="0" ');
  expect(await readFile(html, "utf8")).toContain("<strong>Proven.</strong>");
});

test("what somebody changed in the installation is told, and ends with 1", async () => {
  await inData("create policy open on app.notes using (true)");
  const outcome = await check("--model shared");
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toContain("✖ different from what was attacked");
  expect(outcome.stdout).toContain("policy open on app.notes");
  await inData("drop policy open on app.notes");
});

test("a leak of the migrations that were given is found, and ends with 1", async () => {
  const setup = join(world.folder, "setup.sql");
  await writeFile(setup, "alter policy hestia_tenant on notes using (true)");
  const outcome = await check(`--dir migrations --model shared --setup ${setup} --json`);
  expect(outcome.code).toBe(1);
  expect(jsonOf<Result>(outcome).findings).toContainEqual(
    expect.objectContaining({ kind: "leak", name: "read another tenant's rows", object: "notes" }),
  );
});

test("Ctrl-C ends it with 130, and the scratch copy is gone", async () => {
  const outcome = await check("", {
    onStart: (child: import("node:child_process").ChildProcess) => {
      child.stderr?.on("data", (text: string) => {
        if (text.includes("making two tenants")) child.kill("SIGINT");
      });
    },
  });
  expect(outcome).toMatchObject({ code: 130, stdout: "" });
  expect(outcome.stderr).toContain("the scratch copy is being removed");
  // Other tests have copies of their own at the same time.
  const [name = "none"] = /hestia_check_[0-9a-f]{7}/.exec(outcome.stderr) ?? [];
  const { rows } = await withClient(world.clone.databaseUrl, (client) =>
    client.query(
      "select datname from pg_database where datname like $1 union all select rolname from pg_roles where rolname like $1",
      [`${name}%`],
    ),
  );
  expect(name).not.toBe("none");
  expect(rows).toEqual([]);
});

test("a model that does not exist is refused in one sentence", async () => {
  const outcome = await check("--model some");
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain('--model  "some" is none of shared, schema, database.');
});

test("routes of an application that is not started on the copy are refused in one sentence", async () => {
  const outcome = await check("--openapi openapi.json --base-url http://localhost:3000");
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain("one that runs is connected to real tenants");
});
