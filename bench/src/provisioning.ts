// How fast are tenants made over HTTP, by one server process, with their operation and their audit events recorded? Shared
// ones many at a time, beside the same rows written by one statement each; those with a schema or a database of their own from
// partitions made ahead; and schemas that have to be made, beside their DDL sent in one message by two plain sessions.

import { randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@hestia/api";
import { isolationModels, makeId, schemaName, type TenantId } from "@hestia/core";
import { rolesOf, withClient, withDatabase } from "@hestia/postgres/cluster";
import { removeEmbedded, startEmbedded } from "@hestia/postgres/embedded";
import { readMigrations } from "@hestia/postgres/platform";
import pg from "pg";
import { median, quantile } from "./measure.ts";
import { operatorKey, startServer } from "./server.ts";
import { plainDdl, settledDdl } from "./settled-schema.ts";

const example = fileURLToPath(new URL("../../examples/strikes/migrations", import.meta.url));

type World = {
  readonly client: Client;
  readonly platformUrl: string;
  readonly dataUrl: string;
};

type Files = Parameters<Client["migrations"]["store"]>[0]["files"];

async function inWorld<T>(
  { files, settings = {} }: { files: Files; settings?: Record<string, string> },
  work: (world: World) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), "hestia-bench-"));
  const embedded = await startEmbedded({ dataDir, settings });
  await withClient(embedded.url, (client) => client.query("create database hestia"));
  const platformUrl = withDatabase(embedded.url, "hestia");
  const server = startServer(platformUrl);
  try {
    const client = createClient({ baseUrl: await server.url, key: operatorKey });
    await client.migrations.store({ files });
    await client.migrations.up({}, { waitSeconds: 60 });
    return await work({ client, platformUrl, dataUrl: withDatabase(embedded.url, "hestia_data") });
  } finally {
    await server.stop();
    await removeEmbedded(dataDir);
  }
}

const exampleFiles = async (): Promise<Files> =>
  (await readMigrations(example)).map(({ set, name, sql }) => ({ set, name, sql }));

let made = 0;
const create = (client: Client, isolation: (typeof isolationModels)[number]) => {
  const slug = `tenant-${++made}`;
  return client.tenants.create({ slug, name: slug, isolation }, { waitSeconds: 60 });
};

/** The median, the 95th of a hundred and the worst in milliseconds, at rest; `warm`: from partitions made ahead. */
export async function benchLatency(quick: boolean) {
  const counts = quick
    ? { shared: 60, schema: 20, database: 20 }
    : { shared: 200, schema: 60, database: 40 };
  return inWorld({ files: await exampleFiles() }, async ({ client, platformUrl }) => {
    const results = [];
    for (const warm of [false, true])
      for (const isolation of isolationModels) {
        if (isolation === "shared" && warm) continue;
        const count = warm || isolation === "shared" ? counts[isolation] : 12;
        if (warm) await fill(platformUrl, isolation, count);
        const times: number[] = [];
        for (let index = 0; index < count; index += 1) {
          const start = performance.now();
          await create(client, isolation);
          times.push(performance.now() - start);
        }
        const [p50Ms, p95Ms, worstMs] = [median(times), quantile(times, 0.95), Math.max(...times)];
        results.push({ isolation, warm, p50Ms, p95Ms, worstMs });
        await keep(platformUrl, isolation, 0);
      }
    return results;
  });
}

const keep = (url: string, isolation: string, count: number) =>
  withClient(url, (client) =>
    client.query(
      `insert into platform.plans (id, name, isolation, warm) values ($1, $1, $2, $3)
       on conflict (id) do update set warm = excluded.warm`,
      [`warm-${isolation}`, isolation, count],
    ),
  );

async function fill(url: string, isolation: string, count: number): Promise<void> {
  await keep(url, isolation, count);
  await withClient(url, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ ready: number }>(
        "select count(*)::int as ready from platform.warm_partitions where state = 'ready' and isolation = $1",
        [isolation],
      );
      if (rows[0]?.ready === count) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

/** Shared tenants a second, and to as many callers each of whom writes the same rows by one statement. */
export async function benchShared({ rounds, roundMs }: { rounds: number; roundMs: number }) {
  return inWorld({ files: await exampleFiles() }, async ({ client, platformUrl }) => {
    const results = [];
    for (const callers of [16, 32]) {
      const pool = new pg.Pool({ connectionString: platformUrl, max: callers });
      await pool.query(plainFunction);
      const plain = () =>
        pool.query({
          name: "plain",
          text: "select plain_tenant($1, $2, $3, $4)",
          values: [randomUUID(), randomUUID(), randomUUID(), randomUUID()],
        });
      const rates: { hestia: number; plain: number }[] = [];
      for (let round = -1; round < rounds; round += 1) {
        const hestia = await rateOf(callers, roundMs, () => create(client, "shared"));
        const beside = await rateOf(callers, roundMs, plain);
        if (round >= 0) rates.push({ hestia, plain: beside });
      }
      await pool.end();
      results.push({
        callers,
        perSecond: median(rates.map((each) => each.hestia)),
        bestPerSecond: Math.max(...rates.map((each) => each.hestia)),
        plainPerSecond: median(rates.map((each) => each.plain)),
        ratio: median(rates.map((each) => each.hestia / each.plain)),
      });
    }
    return results;
  });
}

async function rateOf(callers: number, ms: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (; performance.now() - start < ms; done += 1) await work();
    }),
  );
  return (done / (performance.now() - start)) * 1000;
}

/** The same rows as a creation leaves in the platform, with what is told of them, in one transaction and one statement. */
const plainFunction = `create or replace function plain_tenant(t uuid, o uuid, e1 uuid, e2 uuid) returns void language sql as $$
  insert into platform.tenants (id, slug, name, status, isolation, cluster_id, plan_id, version, synced_version, created_at, updated_at)
    select t, t::text, t::text, 'active', 'shared', id, 'standard', 2, 2, now(), now() from platform.clusters;
  insert into platform.operations (id, kind, tenant_id, status, actor, created_at, finished_at)
    values (o, 'tenant.provision', t, 'succeeded', '{}', now(), now());
  insert into platform.operation_steps (operation_id, position, name, status, started_at, finished_at)
    select o, n, 'step ' || n, 'succeeded', now(), now() from generate_series(0, 5) n;
  insert into platform.audit_chains (chain, position) values (t, 2);
  insert into platform.audit_events (id, chain, position, tenant_id, type, at, actor, data)
    values (e1, t, 1, t, 'tenant.created', now(), '{}', '{}'), (e2, t, 2, t, 'tenant.activated', now(), '{}', '{}')
$$`;

/** Schemas that have to be made, a second, and to their settled DDL in one message by two plain sessions. */
export async function benchCold({ rounds, perRound }: { rounds: number; perRound: number }) {
  const settings = { checkpoint_timeout: "30min", max_wal_size: "16GB", jit: "off" };
  const files = [{ set: "tenant" as const, name: "0001.sql", sql: plainDdl() }];
  return inWorld({ files, settings }, async ({ client, dataUrl }) => {
    const roles = rolesOf("hestia");
    const rates: { hestia: number; plain: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const hestia = await rateOfCount(4, perRound, () => create(client, "schema"));
      const sessions = [new pg.Client(dataUrl), new pg.Client(dataUrl)];
      for (const each of sessions) await each.connect();
      const plain = await rateOfCount(2, perRound, async (caller) => {
        const id = makeId<TenantId>(new Date());
        await sessions[caller]?.query(settledDdl(schemaName(id), id, roles));
      });
      for (const each of sessions) await each.end();
      rates.push({ hestia, plain });
    }
    return {
      made: rounds * perRound,
      perSecond: median(rates.map((each) => each.hestia)),
      plainPerSecond: median(rates.map((each) => each.plain)),
      ratio: median(rates.map((each) => each.hestia / each.plain)),
    };
  });
}

async function rateOfCount(
  callers: number,
  count: number,
  work: (caller: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (left > 0) {
        left -= 1;
        await work(caller);
      }
    }),
  );
  return (count / (performance.now() - start)) * 1000;
}
