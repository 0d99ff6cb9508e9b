// The commands for a fleet: wave by wave, what failed, what differs, and a new file.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
let dir: string;
let places: string[];
beforeAll(async () => {
  world = await startWorld();
  dir = await world.writeMigrations({
    "tenant/0001_notes.sql": "create table notes (id int primary key, text text);",
  });
  await world.run(`migrate up --dir ${dir}`);
  places = [];
  for (const slug of ["acme", "globex", "initech"]) {
    await world.run(`tenants create ${slug} --isolation schema`);
    const { id } = jsonOf<{ id: string }>(await world.run(`tenants get ${slug} --json`));
    places.push(`t_${id.replaceAll("-", "")}`);
  }
});
afterAll(() => world?.end());

const sql = (text: string) =>
  withClient(withDatabase(world.clone.databaseUrl, world.clone.dataDatabase), (client) =>
    client.query(text),
  );

test("migrate new makes the next file, under a name that sorts behind the others", async () => {
  const { code, stdout } = await world.run(`migrate new 'Add Totals' --dir ${dir}`);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `${join(dir, "tenant", "0002_add_totals.sql")}\n`,
  });
  const made = jsonOf<{ path: string }>(
    await world.run(`migrate new by_text --no-transaction --json --dir ${dir}`),
  );
  expect(made).toEqual({
    path: join(dir, "tenant", "0003_by_text.sql"),
    set: "tenant",
    name: "0003_by_text.sql",
  });
  expect(await readFile(made.path, "utf8")).toBe("-- hestia: no-transaction\n");
  expect((await world.run("migrate new '!!'")).code).toBe(2);
});

test("migrate up --dry-run says who would get what and what would fail, and stores nothing", async () => {
  await world.writeMigrations({
    "tenant/0002_add_totals.sql": "alter table notes add total int;",
    "tenant/0003_by_text.sql":
      "-- hestia: no-transaction\ncreate index concurrently notes_text on nowhere (text);",
  });
  const { code, stdout } = await world.run(`migrate up --dir ${dir} --canary globex --dry-run`);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^WAVE +TARGETS +AMONG THEM +FILES\ncanary +1 +globex +tenant\/0002_add_totals.sql and 1 more\n/,
  );
  expect(stdout).toContain(
    '0003_by_text.sql failed and changed nothing: relation "nowhere" does not exist, line 2.',
  );
  const { files } = await world.client.migrations.get();
  expect(files.map(({ name }) => name)).toEqual(["0001_notes.sql"]);
});

test("migrate up stores nothing where a canary is no tenant's", async () => {
  const refused = await world.run(`migrate up --dir ${dir} --canary acme,nobody`);
  expect(refused).toMatchObject({ code: 4, stdout: "" });
  expect(refused.stderr).toContain('There is no tenant "nobody"');
  const { files } = await world.client.migrations.get();
  expect(files.map(({ name }) => name)).toEqual(["0001_notes.sql"]);
  await expect(
    world.client.migrations.retry({ tenants: ["acme", "nobody", "nobody-else"] }),
  ).rejects.toMatchObject({
    code: "tenant_not_found",
    message: 'There is no such tenant: "nobody", "nobody-else"; nothing was begun.',
  });
});

test("migrate up holds after each wave, and migrate continue goes on", async () => {
  await world.writeMigrations({
    "tenant/0003_by_text.sql":
      "-- hestia: no-transaction\ncreate index concurrently notes_text on notes (text);",
  });
  const held = await world.run(`migrate up --dir ${dir} --canary globex --hold`);
  expect(held).toMatchObject({ code: 0, stdout: "2 targets are current.\n" });
  expect(held.stderr).toContain('The wave "the rest" waits; to go on: hestia migrate continue\n');
  const status = await world.run("migrate status");
  expect(status.stdout).toMatch(/VERSION +PARTITIONS\n0001_notes.sql +2\n0003_by_text.sql +1/);
  expect(status.stdout).toContain('The wave "the rest" waits; to go on: hestia migrate continue\n');
  expect(await world.run("migrate continue")).toMatchObject({
    code: 0,
    stdout: "4 targets are current.\n",
  });
  expect((await world.run("migrate continue")).code).toBe(5);
});

test("a target that failed is shown with file and line, and tried again by migrate retry", async () => {
  await sql(`alter table ${places[1]}.notes add extra int`);
  await world.writeMigrations({ "tenant/0004_extra.sql": "\nalter table notes add extra int;" });
  const failed = await world.run(`migrate up --dir ${dir} --waves '' --error-rate 1`);
  expect(failed.code).toBe(5);
  expect(failed.stderr).toContain("1 of 3 targets failed, 2 were brought up; the first is globex");
  expect(failed.stderr).toMatch(/When its cause is out of the way: hestia migrate retry\n$/);
  const status = await world.run("migrate status");
  expect(status.stdout).toMatch(/globex +tenant\/0004_extra.sql:2 +blocked +The migration/);
  const drift = await world.run("migrate drift");
  expect(drift.code).toBe(1);
  expect(drift.stdout).toContain("✖ globex\n  extra column notes.extra\n");
  await sql(`alter table ${places[1]}.notes drop column extra`);
  expect(await world.run("migrate retry globex")).toMatchObject({
    code: 0,
    stdout: "4 targets are current.\n",
  });
});

test("migrate drift ends with 1 where a partition differs, and says in what", async () => {
  const clean = await world.run("migrate drift --full");
  expect(clean).toMatchObject({
    code: 0,
    stdout: "✔ 3 partitions are as their migrations make them.\n",
  });
  await sql(`alter table ${places[0]}.notes alter total set default 7`);
  const { code, stdout } = await world.run("migrate drift acme --full --json");
  expect({ code, found: JSON.parse(stdout) }).toMatchObject({
    code: 1,
    found: {
      compared: 1,
      differing: 1,
      drifts: [{ slug: "acme", differences: [{ name: "notes.total" }] }],
    },
  });
});
