// How is a schema tenant's statement best led to its schema? As built: each message sets search_path for its transaction.
// Against names qualified with the schema, search_path left alone; and against connections that keep their tenant and its
// search_path, at the best that could be: one tenant has them all.

import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import { measure, throughputRatio, type Variant } from "./measure.ts";
import { makeWorld, type World } from "./world.ts";

const tenantsCount = 50;
const rowsEach = 200;
const columns = "id, customer, status, amount, created_at";
/** What hestia.enter does about search_path, to be changed in worlds of their own. */
const setsPath =
  /case when pg_catalog\.current_setting\('search_path'\)[\s\S]*?end(?=\s+into plain)/;

/** Throughput of the two other ways to what is built, by statement. */
export async function benchSchemaPath(
  folder: string,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const built = await filledWorld(folder);
  const qualified = await filledWorld(folder, () => "null");
  const kept = await filledWorld(folder, (text) => text.replace(/true\) end$/, "false) end"));
  try {
    const results = [];
    for (const [shape, tail] of Object.entries({
      "point read": "where id = $1",
      "20-row page": "where id > $1 order by created_at desc limit 20",
    })) {
      const run = (
        name: string,
        tenants: readonly Tenant[],
        places?: readonly string[],
      ): Variant => ({
        name,
        run() {
          const at = Math.floor(Math.random() * tenants.length);
          const table = places ? `${places[at]}.orders` : "orders";
          const text = `select ${columns} from ${table} ${tail}`;
          return (tenants[at] as Tenant).query(text, [Math.floor(Math.random() * 100)]);
        },
      });
      const measured = await measure(
        [
          run("built", built.tenants),
          run("qualified", qualified.tenants, qualified.places),
          run("one tenant, built", built.tenants.slice(0, 1)),
          run("one tenant, kept", kept.tenants.slice(0, 1)),
        ],
        { callers: 16, rounds, roundMs },
      );
      results.push({
        shape,
        qualified: throughputRatio(measured, "qualified", "built"),
        oneTenant: throughputRatio(measured, "one tenant, built", "built"),
        kept: throughputRatio(measured, "one tenant, kept", "built"),
      });
    }
    return results;
  } finally {
    for (const { world } of [built, qualified, kept]) await world.close();
  }
}

async function filledWorld(folder: string, path?: (text: string) => string) {
  const world = await makeWorld(folder);
  const tenants = await world.addTenants("schema", tenantsCount);
  for (const tenant of tenants)
    await tenant.query(
      `insert into orders (id, customer, status, amount)
       select g, 'cust' || g, 'new', g from generate_series(1, $1::int) g`,
      [rowsEach],
    );
  const places = await Promise.all(
    tenants.map(async ({ id }) => `"${(await world.hestia.find({ id }))?.place}"`),
  );
  await withClient(world.dataUrl, (client) => client.query("vacuum analyze"));
  if (path) await changeEnter(world, path);
  return { world, tenants, places };
}

async function changeEnter(world: World, path: (text: string) => string): Promise<void> {
  await withClient(world.dataUrl, async (client) => {
    const { rows } = await client.query<{ text: string }>(
      "select pg_get_functiondef('hestia.enter(text)'::regprocedure) as text",
    );
    const text = rows[0]?.text ?? "";
    const changed = text.replace(setsPath, path);
    if (changed === text) throw new Error("hestia.enter sets search_path in another way now");
    await client.query(changed);
  });
}
