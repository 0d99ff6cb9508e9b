// Tenants' own databases after Hestia itself has changed: brought to the current contents when the platform starts.

import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { testSecretKey } from "../../../test/templates.ts";
import { bootstrapPlatform } from "../src/platform/bootstrap.ts";
import { type Member, makeWorld, type World } from "./world.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "database");
});
afterAll(() => world?.close());

async function restart(): Promise<string[]> {
  const told: string[] = [];
  const { cluster } = await bootstrapPlatform({
    databaseUrl: world.clone.databaseUrl,
    secretKey: testSecretKey,
    onProgress: (text) => told.push(text),
  });
  await cluster.close();
  return told.filter((text) => text.includes("upgrade") || text.includes("upgrading"));
}

/** As an older Hestia left it: another comment, and a function that only a newer one closes. */
async function age({ database }: Member): Promise<void> {
  await world.platform.query(`comment on database "${database}" is 'Hestia 0123456789abcdef'`);
}

const contentsOf = async ({ database }: Member) =>
  (
    await world.platform.query<{ contents: string }>(
      "select shobj_description(oid, 'pg_database') as contents from pg_database where datname = $1",
      [database],
    )
  ).rows[0]?.contents;

const callable = async () =>
  (
    await world.superuser.query<{ callable: boolean }>(
      "select has_function_privilege('public', 'pg_catalog.set_config(text,text,boolean)', 'execute') as callable",
    )
  ).rows[0]?.callable;

test("what an older Hestia made is brought to the current contents, once", async () => {
  await age(world.attacker);
  await world.superuser.query("grant execute on function pg_catalog.set_config to public");
  expect(await callable()).toBe(true);
  await restart();
  expect(await callable()).toBe(false);
  expect((await world.attacker.tenant.query("select from orders")).rowCount).toBe(300);
  expect(await contentsOf(world.attacker)).toBe(await contentsOf(world.victim));
});

test("one that cannot be upgraded is told of, keeps nobody from it, and is tried again", async () => {
  await age(world.attacker);
  await age(world.victim);
  const { database } = world.victim;
  await world.platform.query(`alter database "${database}" with allow_connections false`);
  const told = await restart();
  expect(told).toContainEqual(
    expect.stringContaining(`${database} could not be upgraded, and is tried again`),
  );
  await world.platform.query(`alter database "${database}" with allow_connections true`);
  // Whoever starts next upgrades it: other tests' platforms stand on the same server.
  await restart();
  expect(await contentsOf(world.victim)).toBe(await contentsOf(world.attacker));
});
