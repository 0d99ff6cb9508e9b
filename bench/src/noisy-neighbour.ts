// What does a tenant feel of a neighbour that floods? Its p99 beside the flood to its p99 alone, on the library and on a
// plain pool of as many connections; once where connections are scarce (statements that wait), once where processors are.

import { setTimeout as delay } from "node:timers/promises";
import type { Tenant } from "@hestia/postgres";
import type pg from "pg";
import { median, quantile, rotate } from "./measure.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, type World } from "./world.ts";

const connections = 16;
/** Fifty times its share of the connections, which is half of them. */
const floodCallers = 50 * (connections / 2);
const pauseMs = 10;
const settleMs = 500;
const columns = "id, customer, status, amount, created_at";

type Run = () => Promise<unknown>;
type Side = { readonly quiet: Run; flood(text: string): Run };
type Heard = { readonly times: number[]; readonly floodPerSecond: number };

/** One line for each scarce thing. */
export async function benchNoisyNeighbour(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("shared", 2);
  await fillOrders(world, tenants, 500);
  const pool = await openRawPool(await rawRole(world), connections);
  const [hestia, raw] = [hestiaSide(tenants), rawSide(pool, tenants)];
  const texts = {
    connections: "select pg_sleep(0.005)",
    "processor time": await calibrated(pool),
  };
  const results = [];
  for (const [scarce, text] of Object.entries(texts)) {
    const variants: Record<string, () => Promise<Heard>> = {
      alone: () => listen(hestia, undefined, roundMs),
      flooded: () => listen(hestia, text, roundMs),
      poolAlone: () => listen(raw, undefined, roundMs),
      poolFlooded: () => listen(raw, text, roundMs),
    };
    const heard: Record<string, Heard[]> = {};
    for (let round = 0; round < rounds; round += 1)
      for (const [name, run] of rotate(Object.entries(variants), round)) {
        heard[name] ??= [];
        heard[name].push(await run());
      }
    results.push({ scarce, ...compared(heard) });
  }
  await pool.end();
  return results;
}

function compared(heard: Record<string, Heard[]>) {
  const of = (name: string) => heard[name] ?? [];
  const ratios = (name: string, base: string, part: number) =>
    median(
      of(name).map(
        ({ times }, at) => quantile(times, part) / quantile(of(base)[at]?.times ?? [], part),
      ),
    );
  const pooled = (name: string) =>
    quantile(
      of(name).flatMap(({ times }) => times),
      0.99,
    );
  return {
    p99: ratios("flooded", "alone", 0.99),
    p50: ratios("flooded", "alone", 0.5),
    pooledP99: pooled("flooded") / pooled("alone"),
    aloneP99Ms: pooled("alone"),
    poolP99: ratios("poolFlooded", "poolAlone", 0.99),
    poolP50: ratios("poolFlooded", "poolAlone", 0.5),
    floodToPool: median(
      of("flooded").map(
        ({ floodPerSecond }, at) =>
          floodPerSecond / (of("poolFlooded")[at]?.floodPerSecond ?? Number.NaN),
      ),
    ),
  };
}

function hestiaSide([noisy, quiet]: readonly Tenant[]): Side {
  return {
    quiet: async () => quiet?.query(`select ${columns} from orders where id = $1`, [anyId()]),
    flood: (text) => async () => noisy?.query(text),
  };
}

function rawSide(pool: pg.Pool, [, quiet]: readonly Tenant[]): Side {
  const text = `select ${columns} from raw.orders where tenant_id = $1 and id = $2`;
  return {
    quiet: () => pool.query({ name: "quiet", text, values: [quiet?.id, anyId()] }),
    flood: (flood) => () => pool.query({ name: flood, text: flood }),
  };
}

const anyId = () => 1 + Math.floor(Math.random() * 500);

/** The quiet tenant's times, beside a flood of a statement or alone. */
async function listen(side: Side, floodText: string | undefined, ms: number): Promise<Heard> {
  let done = 0;
  let flooding = true;
  const flood = floodText === undefined ? undefined : side.flood(floodText);
  const callers = Array.from({ length: flood ? floodCallers : 0 }, async () => {
    for (; flooding; done += 1) await flood?.();
  });
  // Both are there before anything counts.
  const times: number[] = [];
  const begun = performance.now();
  let counted = { from: 0, at: 0 };
  for (let now = begun; now < begun + settleMs + ms; now = performance.now()) {
    await side.quiet();
    if (now >= begun + settleMs) {
      if (times.length === 0) counted = { from: done, at: now };
      times.push(performance.now() - now);
    }
    await delay(pauseMs);
  }
  const floodPerSecond = ((done - counted.from) / (performance.now() - counted.at)) * 1000;
  flooding = false;
  await Promise.all(callers);
  return { times, floodPerSecond };
}

/** A statement that computes for 5 ms where nothing else runs. */
async function calibrated(pool: pg.Pool): Promise<string> {
  const rows = 100_000;
  const times: number[] = [];
  for (let turn = 0; turn < 15; turn += 1) {
    const begun = performance.now();
    await pool.query(`select sum(g) from generate_series(1, ${rows}) g`);
    times.push(performance.now() - begun);
  }
  return `select sum(g) from generate_series(1, ${Math.round((rows * 5) / quantile(times, 0.2))}) g`;
}
