// Two tenants with one of everything on a platform of the test file's own, and the ways in that attackers have.
// Invariant: the victim always has something to lose, so a leak always shows.

import { randomBytes } from "node:crypto";
import { type IsolationModel, makeId, type TenantId } from "@hestia/core";
import pg from "pg";
import { type Clone, cloneTemplate, testSecretKey } from "../../../test/templates.ts";
import { withDatabase } from "../src/cluster/admin.ts";
import type { Cluster } from "../src/cluster/cluster.ts";
import { type MigrationFile, migrationFile } from "../src/cluster/migration-files.ts";
import { openLogin } from "../src/cluster/tenant-login.ts";
import { type ConnectOptions, connect, type Hestia, type Tenant } from "../src/index.ts";
import { bootstrapPlatform } from "../src/platform/bootstrap.ts";
import { stateOf } from "../src/scoped/connection-state.ts";
import type { Envelope } from "../src/scoped/scoped-query.ts";
import { send } from "../src/scoped/send.ts";
import { enterText } from "../src/scoped/wire.ts";
import { open as unseal } from "../src/secrets.ts";

/** The application that the tenants of these tests use. */
export const applicationFiles: MigrationFile[] = [
  migrationFile(
    "shared",
    "0001_countries.sql",
    "create table countries (code text primary key, name text not null); insert into countries values ('ch', 'Switzerland'), ('jp', 'Japan');",
  ),
  migrationFile(
    "tenant",
    "0001_orders.sql",
    `create table customers (id bigint primary key, email text not null unique, country text references countries (code));
     create table orders (
       id bigint primary key, customer_id bigint references customers (id) on delete set null,
       note text, amount bigint, number bigint generated always as identity
     );
     create index orders_note on orders (note);
     create table scratch (id bigint primary key);
     create view large_orders as select * from orders where amount >= 100;
     create function order_count() returns bigint language sql stable as 'select count(*) from orders';`,
  ),
];

/** How many of the victim's 300 orders carry the secret. */
const secretNotes = 149;
export const secret = "SECRET-acquire-globex-2027";

/** A tenant of the test, and what it takes to be it. */
export type Member = {
  readonly id: TenantId;
  readonly slug: string;
  readonly isolation: IsolationModel;
  readonly place: string;
  readonly database: string;
  readonly tenant: Tenant;
  /** A scope key of its own, as only the library would have it. */
  readonly key: string;
};

export type World = {
  readonly clone: Clone;
  readonly cluster: Cluster;
  readonly clusterId: string;
  readonly rolePrefix: string;
  readonly hestia: Hestia;
  /** The administrator in the platform database. */
  readonly platform: pg.Client;
  readonly attacker: Member;
  readonly victim: Member;
  /** The superuser in the database that the attacker's statements run in. */
  readonly superuser: pg.Client;
  /** Makes another tenant, active, with no rows. */
  add(isolation: IsolationModel, slug: string): Promise<Member>;
  /** A raw connection with the login that the library uses for the member: no rule on first tokens. */
  rawClient(member: Member, options?: pg.ClientConfig): Promise<pg.Client>;
  close(): Promise<void>;
};

/** Makes the world in one isolation model. */
export async function makeWorld(
  postgresUrl: string,
  isolation: IsolationModel,
  limits: Pick<ConnectOptions, "connectionsMax" | "pipelineMax"> = { connectionsMax: 4 },
): Promise<World> {
  const clone = await cloneTemplate(postgresUrl);
  const { cluster, clusterId, rolePrefix } = await bootstrapPlatform({
    databaseUrl: clone.databaseUrl,
    secretKey: testSecretKey,
  });
  await cluster.migrateShared(applicationFiles);
  const platform = new pg.Client({ connectionString: clone.databaseUrl });
  await platform.connect();
  const hestia = await connect({
    databaseUrl: clone.directoryUrl,
    secretKey: testSecretKey,
    ...limits,
  });
  const base = { clone, cluster, clusterId, rolePrefix, hestia, platform };
  const attacker = await addMember(base, isolation, "attacker");
  const victim = await addMember(base, isolation, "victim");
  await fill(attacker.tenant, "v");
  await fill(victim.tenant, secret);
  const superuser = await open(withDatabase(clone.databaseUrl, attacker.database));
  await superuser.query(`analyze ${attacker.place}.orders`);
  const rawClients: pg.Client[] = [];
  return {
    ...base,
    attacker,
    victim,
    superuser,
    add: (model, slug) => addMember(base, model, slug),
    async rawClient(member, options) {
      const client = await openAs(base, member, options);
      rawClients.push(client);
      return client;
    },
    async close() {
      await Promise.all(rawClients.map((client) => client.end().catch(() => {})));
      await superuser.end();
      await hestia.close();
      await platform.end();
      await cluster.close();
      await clone.drop();
    },
  };
}

type Base = Pick<World, "clone" | "cluster" | "clusterId" | "rolePrefix" | "hestia" | "platform">;

async function addMember(base: Base, isolation: IsolationModel, slug: string): Promise<Member> {
  const id: TenantId = makeId(new Date());
  const partition = { id, isolation };
  const place = await base.cluster.makePartition(partition);
  await base.cluster.migratePartition(partition, applicationFiles);
  await base.cluster.verifyPartition(partition);
  await base.cluster.setState(partition, "active");
  await base.platform.query(
    `insert into platform.tenants (id, slug, name, status, isolation, cluster_id, database_name, schema_name,
       credentials, plan_id, created_at, updated_at)
     values ($1, $2, $2, 'active', $3, $4, $5, $6, $7, 'standard', now(), now())`,
    [
      id,
      slug,
      isolation,
      base.clusterId,
      place.database ?? null,
      place.schema ?? null,
      place.credentials ?? null,
    ],
  );
  const database = place.database ?? base.clone.dataDatabase;
  return {
    id,
    slug,
    isolation,
    place: place.schema ?? "app",
    database,
    tenant: await base.hestia.tenant(slug),
    key: await issueKey(withDatabase(base.clone.databaseUrl, database), id),
  };
}

async function issueKey(url: string, id: TenantId): Promise<string> {
  const key = randomBytes(32).toString("base64url");
  const client = await open(url);
  await client.query("select hestia.issue(sha256(convert_to($1, 'UTF8')), $2)", [key, id]);
  await client.end();
  return key;
}

async function fill(tenant: Tenant, note: string): Promise<void> {
  await tenant.query(
    "insert into customers (id, email, country) select g, $1 || g || '@x', 'ch' from generate_series(1, 5) g",
    [tenant.slug],
  );
  await tenant.query(
    `insert into orders (id, customer_id, note, amount)
     select g, 1 + g % 5, case when g <= $2 then $1 else 'n' || g % 50 end, g from generate_series(1, 300) g`,
    [note, secretNotes],
  );
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function openAs(
  base: Base,
  member: Member,
  options: pg.ClientConfig = {},
): Promise<pg.Client> {
  const { user, password } = await loginOf(base, member);
  const url = new URL(withDatabase(base.clone.databaseUrl, member.database));
  const client = new pg.Client({
    host: url.hostname,
    port: Number(url.port),
    database: member.database,
    user,
    password,
    ...options,
  });
  client.on("error", () => {});
  await client.connect();
  await client.query({ name: stateOf(client).enterName, text: enterText, values: [""] });
  return client;
}

/** The login that the library uses for a member. */
export async function loginOf(
  base: Pick<World, "platform">,
  member: Member,
): Promise<{ user: string; password: string }> {
  if (member.isolation === "database") {
    const { rows } = await base.platform.query<{ credentials: string }>(
      "select credentials from platform.tenants where id = $1",
      [member.id],
    );
    return openLogin(testSecretKey, member.id, rows[0]?.credentials ?? "");
  }
  const { rows } = await base.platform.query<{ credentials: string }>(
    "select credentials from platform.clusters",
  );
  const credentials = JSON.parse(
    unseal(testSecretKey, "cluster:default", rows[0]?.credentials ?? ""),
  );
  return credentials.app[0];
}

/** What came of an attacker's statement. */
export type Outcome = {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number;
  readonly error?: string;
  readonly message?: string;
};

/** Sends a statement in a member's scope as the library does, but past its rule on first tokens. */
export function sendRaw(
  client: pg.Client,
  member: Pick<Member, "key" | "place">,
  text: string,
  options: Partial<Envelope> = {},
): Promise<Outcome> {
  const envelope: Envelope = {
    key: member.key,
    place: member.place,
    named: true,
    ...options,
  };
  return new Promise((resolve) => {
    send(client, { text }, envelope, (error, result) => {
      if (error)
        resolve({
          rows: [],
          rowCount: 0,
          error: (error as { code?: string }).code ?? "unknown",
          message: error.message,
        });
      else resolve({ rows: result?.rows ?? [], rowCount: result?.rowCount ?? 0 });
    });
  });
}
