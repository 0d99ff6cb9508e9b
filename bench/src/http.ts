// What does Hestia cost on a whole page over HTTP? The example's first page, and the same page on bare Fastify and raw
// pg, each in a process of its own, loaded in turns.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { withClient } from "@hestia/postgres/cluster";
import autocannon from "autocannon";
import type pg from "pg";
import { airlines } from "../../examples/strikes/src/data/airlines.ts";
import { loadAirlines } from "../../examples/strikes/src/data/load.ts";
import { median } from "./measure.ts";
import { makeWorld, rawRole, type World } from "./world.ts";

const migrations = fileURLToPath(new URL("../../examples/strikes/migrations", import.meta.url));
const pageServer = fileURLToPath(new URL("./page-server.ts", import.meta.url));
const callers = 32;

/** The throughput of the example's page to that of the bare one. */
export async function benchHttp({ rounds, roundMs }: { rounds: number; roundMs: number }) {
  const world = await makeWorld(migrations);
  const servers: ChildProcess[] = [];
  try {
    const tenantId = await fill(world);
    const raw = await serve(servers, ["raw", await rawRole(world), tenantId]);
    const hestia = await serve(servers, ["hestia", world.platform.directoryUrl]);
    const seconds = Math.max(1, Math.round((roundMs * 2) / 1000));
    const ratios: number[] = [];
    let rawPerSecond = 0;
    for (const port of [raw, hestia]) await load(port, 1);
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? [raw, hestia] : [hestia, raw];
      const rates = new Map<number, number>();
      for (const port of order) rates.set(port, await load(port, seconds));
      rawPerSecond = rates.get(raw) ?? 0;
      ratios.push((rates.get(hestia) ?? 0) / rawPerSecond);
    }
    return { toRaw: median(ratios), rawPerSecond };
  } finally {
    for (const server of servers) server.kill();
    await world.close();
  }
}

/** A shared airline with its records, and the same rows without isolation. */
async function fill(world: World): Promise<string> {
  const [tenant] = await world.addTenants("shared", 1, ["southwest"]);
  const airline = airlines.find(({ slug }) => slug === "southwest");
  if (!tenant || !airline) throw new Error("the example has no such airline");
  await loadAirlines([{ tenant, airline }]);
  await withClient(world.dataUrl, async (client) => {
    await client.query("create schema raw");
    for (const table of ["strikes", "aircraft"]) {
      await client.query(`create table raw.${table} (like app.${table} including all)`);
      await copyRows(client, table);
    }
    await client.query("vacuum analyze");
  });
  return tenant.id;
}

async function copyRows(client: pg.ClientBase, table: string): Promise<void> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and attgenerated = '' and not attisdropped`,
    [`app.${table}`],
  );
  const columns = rows[0]?.columns;
  await client.query(
    `insert into raw.${table} (${columns}) overriding system value select ${columns} from app.${table}`,
  );
}

async function serve(servers: ChildProcess[], args: string[]): Promise<number> {
  const child = fork(pageServer, args);
  servers.push(child);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return port;
}

async function load(port: number, duration: number): Promise<number> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/`,
    headers: { host: "southwest.localhost" },
    connections: callers,
    duration,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were no pages`);
  return result.requests.average;
}
