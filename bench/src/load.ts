// Many rows into a table: tenant.load against raw COPY FROM STDIN of the same objects, both to the commit.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withClient } from "@hestia/postgres/cluster";
import { from as copyFrom } from "pg-copy-streams";
import { median } from "./measure.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, type World } from "./world.ts";

const rowsCount = 100_000;
const columns = ["id", "customer", "status", "amount", "created_at"] as const;

type Order = Record<(typeof columns)[number], string | number>;

/** The rate of `load` to that of COPY. */
export async function benchLoad(world: World, { rounds }: { rounds: number }) {
  const [tenant] = await world.addTenants("shared", 1);
  if (!tenant) throw new Error("no tenant was made");
  await fillOrders(world, [tenant], 1);
  const pool = await openRawPool(await rawRole(world), 1);
  const rows: Order[] = Array.from({ length: rowsCount }, (_, index) => ({
    id: index + 1,
    customer: `customer ${index % 1_000}`,
    status: "new",
    amount: index * 7,
    created_at: new Date(1_780_000_000_000 + index * 1_000).toISOString(),
  }));
  const ways: Record<string, () => Promise<unknown>> = {
    load: () => tenant.load("orders", rows),
    async copy() {
      const client = await pool.connect();
      const stream = client.query(
        copyFrom(`copy raw.orders (tenant_id, ${columns.join(", ")}) from stdin`),
      );
      await pipeline(Readable.from(linesOf(tenant.id, rows)), stream);
      client.release();
    },
  };
  const times: Record<string, number[]> = { load: [], copy: [] };
  for (let round = 0; round < rounds + 1; round += 1)
    for (const name of round % 2 === 0 ? ["load", "copy"] : ["copy", "load"]) {
      await withClient(world.dataUrl, (client) => client.query("truncate app.orders, raw.orders"));
      const begun = performance.now();
      await ways[name]?.();
      // The first round warms up.
      if (round > 0) times[name]?.push(performance.now() - begun);
    }
  await pool.end();
  return {
    toCopy: median((times.load ?? []).map((ms, at) => (times.copy?.[at] ?? Number.NaN) / ms)),
    copyPerSecond: (rowsCount / median(times.copy ?? [])) * 1000,
  };
}

/** COPY's text form, in pieces of a few hundred rows, as one would send it. */
function* linesOf(tenantId: string, rows: readonly Order[]): Generator<string> {
  for (let at = 0; at < rows.length; at += 500)
    yield rows
      .slice(at, at + 500)
      .map((row) => `${tenantId}\t${columns.map((name) => escaped(row[name])).join("\t")}\n`)
      .join("");
}

const escaped = (value: string | number) =>
  typeof value === "number" ? String(value) : value.replace(/[\\\t\n\r]/g, (c) => `\\${c}`);
