// How long does a fleet of schemas take: a run with nothing to do, a column added to every schema against the same by one
// plain session that keeps no ledger, and the drift report? Through the server, from the request to the operation's end.

import { createHash } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@hestia/api";
import { makeId, schemaName, type TenantId } from "@hestia/core";
import { type Roles, rolesOf, withClient, withDatabase } from "@hestia/postgres/cluster";
import { removeEmbedded, startEmbedded } from "@hestia/postgres/embedded";
import { bootstrapPlatform } from "@hestia/postgres/platform";
import pg from "pg";
import { median } from "./measure.ts";
import { operatorKey, startServer } from "./server.ts";
import { plainDdl, settledDdl } from "./settled-schema.ts";
import { secretKey } from "./world.ts";

type File = { readonly set: "tenant"; readonly name: string; readonly sql: string };

/** As many files as a product has after a while; the first makes everything. */
const files: readonly File[] = Array.from({ length: 10 }, (_, index) => ({
  set: "tenant",
  name: `${String(index + 1).padStart(4, "0")}.sql`,
  sql: index === 0 ? plainDdl() : `select ${index};`,
}));

/** What a fleet of that size took, in milliseconds; ratios are of rates within a round. */
export async function benchFleet(count: number, rounds: number) {
  const dataDir = await mkdtemp(join(tmpdir(), "hestia-bench-"));
  const settings = {
    synchronous_commit: "off",
    shared_buffers: "1GB",
    max_connections: "100",
    jit: "off",
    checkpoint_timeout: "30min",
    max_wal_size: "16GB",
    fsync: "off",
  };
  const embedded = await startEmbedded({ dataDir, settings });
  await withClient(embedded.url, (client) => client.query("create database hestia"));
  const databaseUrl = withDatabase(embedded.url, "hestia");
  const dataUrl = withDatabase(embedded.url, "hestia_data");
  const platform = await bootstrapPlatform({ databaseUrl, secretKey });
  await platform.cluster.close();
  const places = await fill(databaseUrl, dataUrl, {
    count,
    roles: rolesOf(platform.rolePrefix),
    clusterId: platform.clusterId,
  });
  const columns = counter();
  try {
    const one = await withServer(databaseUrl, 1, async (client) => {
      await client.migrations.store({ files: [...files] });
      // The first run reads the ledgers of the targets, which the platform knows nothing of yet.
      await finished(client, await client.migrations.up({}, { waitSeconds: 60 }));
      const idleMs = await timesOf(rounds, () => upMs(client, {}));
      return { idleMs, ...(await adding(client, { dataUrl, places, rounds, columns })) };
    });
    const two = await withServer(databaseUrl, 2, async (client) => ({
      ...(await adding(client, { dataUrl, places, rounds, columns })),
      quickMs: await driftMs(client, false, rounds),
      fullMs: await driftMs(client, true, rounds),
    }));
    return { count, one, two };
  } finally {
    await removeEmbedded(dataDir);
  }
}

function counter(): () => string {
  let made = 0;
  return () => {
    made += 1;
    return `c${made}`;
  };
}

type Filling = { readonly count: number; readonly roles: Roles; readonly clusterId: string };

/** Makes the schemas with two sessions, and their rows in both databases. */
async function fill(
  databaseUrl: string,
  dataUrl: string,
  { count, roles, clusterId }: Filling,
): Promise<string[]> {
  const ids = Array.from({ length: count }, (): TenantId => makeId(new Date()));
  const waiting = ids.values();
  const fillInTurn = () =>
    withClient(dataUrl, async (client) => {
      for (const id of waiting) {
        await client.query(settledDdl(schemaName(id), id, roles));
      }
    });
  await Promise.all([fillInTurn(), fillInTurn()]);
  const places = ids.map((id) => schemaName(id));
  const sums = files.map(({ sql }) => createHash("sha256").update(sql).digest("hex"));
  await withClient(dataUrl, async (client) => {
    await client.query(
      `insert into hestia.migrations (place, set, name, checksum, duration_ms)
       select p, 'tenant', f.name, f.checksum, 1 from unnest($1::text[]) p, unnest($2::text[], $3::text[]) f (name, checksum)`,
      [places, files.map((file) => file.name), sums],
    );
    await client.query("vacuum analyze");
  });
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, schema_name, plan_id, created_at, updated_at)
       select t, 'b' || replace(t::text, '-', ''), 'b', 'active', 'schema', $2, 't_' || replace(t::text, '-', ''), 'standard', now(), now()
       from unnest($1::uuid[]) t`,
      [ids, clusterId],
    ),
  );
  return places;
}

async function withServer<T>(
  databaseUrl: string,
  sessions: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const server = startServer(databaseUrl, { HESTIA_MIGRATION_SESSIONS: String(sessions) });
  try {
    return await work(createClient({ baseUrl: await server.url, key: operatorKey }));
  } finally {
    await server.stop();
  }
}

type Asked = Awaited<ReturnType<Client["migrations"]["up"]>>;

async function finished(client: Client, asked: Asked): Promise<Asked> {
  for await (const operation of client.operations.events({ operationId: asked.id }))
    if (operation.finishedAt !== undefined) {
      if (operation.status !== "succeeded") throw new Error(operation.error?.message);
      return operation;
    }
  throw new Error("the operation was not followed to its end");
}

async function upMs(
  client: Client,
  body: Parameters<Client["migrations"]["up"]>[0],
): Promise<number> {
  const start = performance.now();
  await finished(client, await client.migrations.up(body, { waitSeconds: 60 }));
  return performance.now() - start;
}

async function timesOf(rounds: number, work: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index += 1) times.push(await work());
  return median(times);
}

type Adding = {
  readonly dataUrl: string;
  readonly places: readonly string[];
  readonly rounds: number;
  readonly columns: () => string;
};

/** A column by a plain session and one by a run, in turning order; both are fresh to the schemas. */
async function adding(client: Client, { dataUrl, places, rounds, columns }: Adding) {
  const ratios: number[] = [];
  const perSecond: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const plainFirst = index % 2 === 0;
    let plainMs = plainFirst ? await plainly(dataUrl, places, columns()) : 0;
    const stored = (await client.migrations.get()).files.length;
    const name = `${String(stored + 1).padStart(4, "0")}.sql`;
    added.push({ set: "tenant", name, sql: `alter table t1 add column ${columns()} int;` });
    await client.migrations.store({ files: [...files, ...added] });
    const runMs = await upMs(client, { waves: [] });
    if (!plainFirst) plainMs = await plainly(dataUrl, places, columns());
    ratios.push(plainMs / runMs);
    perSecond.push((1000 * places.length) / plainMs);
  }
  return { ratio: median(ratios), plainPerSecond: median(perSecond) };
}

const added: File[] = [];

async function plainly(
  dataUrl: string,
  places: readonly string[],
  column: string,
): Promise<number> {
  const client = new pg.Client({ connectionString: dataUrl });
  await client.connect();
  const start = performance.now();
  // On another table than the run's, so that the drift report finds what was done past Hestia in one place.
  for (const place of places)
    await client.query(`alter table ${place}.t2 add column ${column} int`);
  const elapsed = performance.now() - start;
  for (const place of places) await client.query(`alter table ${place}.t2 drop column ${column}`);
  await client.end();
  return elapsed;
}

async function driftMs(client: Client, full: boolean, rounds: number): Promise<number> {
  return timesOf(rounds, async () => {
    const start = performance.now();
    const { result } = await finished(client, await client.migrations.drift({ full }));
    const elapsed = performance.now() - start;
    if (result?.differing !== 0)
      throw new Error(`a false alarm: ${JSON.stringify(result).slice(0, 2_000)}`);
    return elapsed;
  });
}
