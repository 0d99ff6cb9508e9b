// What may be stored, replaced and taken out again: whatever no partition has; and what a partition has stays as it is.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant, migrations, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await createTenant(world.client, { slug: "first" });
});
afterAll(() => world.end());

const file = (name: string, sql = "select 1;") => ({ set: "tenant" as const, name, sql });
const store = (files: typeof migrations) => world.client.migrations.store({ files });
const stored = async () => (await world.client.migrations.get()).files.map(({ name }) => name);
const names = migrations.map(({ name }) => name);

test("a new file that sorts before an applied one is refused, and not stored", async () => {
  await expect(store([...migrations, file("0000_early.sql")])).rejects.toMatchObject({
    code: "migration_failed",
    message: expect.stringContaining("give it a name that sorts behind that"),
  });
  expect((await stored()).toSorted()).toEqual(names.toSorted());
});

test("a file that no partition has is replaced, renamed and taken out", async () => {
  await store([...migrations, file("0800_b.sql")]);
  await store([...migrations, file("0800_b.sql", "select 2;"), file("0700_before_it.sql")]);
  await store([...migrations, file("0900_c.sql")]);
  expect((await stored()).toSorted()).toEqual([...names, "0900_c.sql"].toSorted());
  await store(migrations);
  expect((await stored()).toSorted()).toEqual(names.toSorted());
});

test("a file that a partition has is neither taken out nor replaced", async () => {
  const [first, ...rest] = migrations;
  await expect(store(rest)).rejects.toMatchObject({ code: "migration_missing" });
  await expect(
    store([{ ...(first as (typeof migrations)[0]), sql: "select 3;" }, ...rest]),
  ).rejects.toMatchObject({ code: "migration_changed" });
  expect((await stored()).toSorted()).toEqual(names.toSorted());
});
