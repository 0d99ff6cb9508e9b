// What does the scope cost on one statement? Against raw pg with named statements and a hand-written filter,
// and against the usual way: BEGIN, set_config, the statement, COMMIT.

import { connect, type Tenant } from "@hestia/postgres";
import pg from "pg";
import {
  figure,
  type Measured,
  measure,
  roundRatio,
  throughputRatio,
  type Variant,
} from "./measure.ts";
import { fillOrders } from "./raw-orders.ts";
import { openRawPool, rawRole, secretKey, type World } from "./world.ts";

const tenantsCount = 1000;
const rowsEach = 500;
const connections = 16;
const pipelineMax = 4;
const columns = "id, customer, status, amount, created_at";

type Shape = { readonly raw: string; readonly scoped: string; values(): unknown[] };

let nextId = 1_000_000;
const randomId = () => 1 + Math.floor(Math.random() * rowsEach);

const shapes: Record<string, Shape> = {
  "point read": {
    raw: `select ${columns} from raw.orders where tenant_id = $1 and id = $2`,
    scoped: `select ${columns} from orders where id = $1`,
    values: () => [randomId()],
  },
  "20-row page": {
    raw: `select ${columns} from raw.orders where tenant_id = $1 order by created_at desc limit 20`,
    scoped: `select ${columns} from orders order by created_at desc limit 20`,
    values: () => [],
  },
  insert: {
    raw: "insert into raw.orders (tenant_id, id, customer, status, amount) values ($1, $2, 'c', 'new', 7)",
    scoped: "insert into orders (id, customer, status, amount) values ($1, 'c', 'new', 7)",
    values: () => [nextId++],
  },
};

/** Prints one line a shape and number of callers; returns them for the README. */
export async function benchScopedQuery(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("shared", tenantsCount);
  await fillOrders(world, tenants, rowsEach);
  // Every tenant has been here before, as in a process that has run for a while.
  for (const tenant of tenants) await tenant.query("select 1");
  const rawUrl = await rawRole(world);
  const rawPool = await openRawPool(rawUrl, connections);
  const rawPipeline = await openRawPipeline(rawUrl);
  const pipelined = await connect({
    databaseUrl: world.platform.directoryUrl,
    secretKey,
    connectionsMax: connections,
    pipelineMax,
  });
  const pipelinedTenants: Tenant[] = [];
  for (const { id } of tenants) {
    const tenant = await pipelined.tenant(id);
    await tenant.query("select 1");
    pipelinedTenants.push(tenant);
  }
  const results: { shape: string; callers: number; measured: Measured }[] = [];
  try {
    for (const [shape, statement] of Object.entries(shapes)) {
      for (const callers of [16, 64]) {
        const measured = await measure(
          variants(shape, statement, { tenants, pipelinedTenants, rawPool, rawPipeline }),
          {
            callers,
            rounds,
            roundMs,
            serverPid: world.serverPid,
          },
        );
        results.push({ shape, callers, measured });
      }
    }
  } finally {
    await Promise.all([rawPool.end(), rawPipeline.end(), pipelined.close()]);
  }
  return results.map(({ shape, callers, measured }) => ({
    shape,
    callers,
    toRaw: throughputRatio(measured, "scoped", "raw"),
    pipelinedToRaw: throughputRatio(measured, "pipelined", "raw"),
    pipelinedToRawPipelined: throughputRatio(measured, "pipelined", "raw pipelined"),
    rawPipelinedToRaw: throughputRatio(measured, "raw pipelined", "raw"),
    toUsual: throughputRatio(measured, "scoped", "usual"),
    usualToRaw: throughputRatio(measured, "usual", "raw"),
    p50ToRaw: roundRatio(measured, "scoped", "raw", ({ p50Ms }) => p50Ms),
    clientCpuToRaw: roundRatio(measured, "scoped", "raw", ({ cpuUs }) => cpuUs),
    serverCpuToRaw: roundRatio(measured, "scoped", "raw", ({ serverCpuUs }) => serverCpuUs),
    cpuToRaw: roundRatio(
      measured,
      "scoped",
      "raw",
      ({ cpuUs, serverCpuUs }) => cpuUs + serverCpuUs,
    ),
    rawPerSecond: figure(measured, "raw", "perSecond"),
  }));
}

type Sides = {
  readonly tenants: readonly Tenant[];
  readonly pipelinedTenants: readonly Tenant[];
  readonly rawPool: pg.Pool;
  readonly rawPipeline: RawPipeline;
};

function variants(
  name: string,
  shape: Shape,
  { tenants, pipelinedTenants, rawPool, rawPipeline }: Sides,
): Variant[] {
  const any = (list = tenants) => list[Math.floor(Math.random() * list.length)] as Tenant;
  const raw = () => ({ name, text: shape.raw, values: [any().id, ...shape.values()] });
  return [
    { name: "raw", run: () => rawPool.query(raw()) },
    { name: "raw pipelined", run: () => rawPipeline.query(raw()) },
    { name: "scoped", run: () => any().query(shape.scoped, shape.values()) },
    { name: "pipelined", run: () => any(pipelinedTenants).query(shape.scoped, shape.values()) },
    { name: "usual", run: () => usualWay(rawPool, name, shape, any().id) },
  ];
}

type RawPipeline = { query(config: pg.QueryConfig): Promise<unknown>; end(): Promise<unknown> };

/** pg's own pipelining: as many connections, each statement on the one with the fewest in flight. */
async function openRawPipeline(connectionString: string): Promise<RawPipeline> {
  const clients = Array.from({ length: connections }, () => ({
    client: new pg.Client({ connectionString, pipeline: true } as pg.ClientConfig),
    inFlight: 0,
  }));
  await Promise.all(clients.map(({ client }) => client.connect()));
  return {
    async query(config) {
      const least = clients.reduce((best, each) => (each.inFlight < best.inFlight ? each : best));
      least.inFlight += 1;
      try {
        return await least.client.query(config);
      } finally {
        least.inFlight -= 1;
      }
    },
    end: () => Promise.all(clients.map(({ client }) => client.end())),
  };
}

async function usualWay(
  pool: pg.Pool,
  name: string,
  shape: Shape,
  tenantId: string,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query({
      name: "set",
      text: "select set_config('bench.tenant', $1, true)",
      values: [tenantId],
    });
    await client.query({ name, text: shape.raw, values: [tenantId, ...shape.values()] });
    await client.query("commit");
  } finally {
    client.release();
  }
}
