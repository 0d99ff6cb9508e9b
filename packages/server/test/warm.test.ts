// Partitions made ahead: as many as the plans want, each handed out once, none that lacks a stored migration, none left
// behind, and nothing by which a tenant that got one could be told from one that was made for itself.
import { type IsolationModel, makeId, type TenantId } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { cloneTemplate } from "../../../test/templates.ts";
import { startProcess } from "./process.ts";
import { ask, createTenant, migrations, type Place, startPlace, until } from "./world.ts";

let place: Place;
beforeEach(async () => {
  place = await startPlace();
  await place.client.migrations.store({ files: migrations });
  await place.client.migrations.up({}, { waitSeconds: 30 });
});
afterEach(() => place.end());

type Own = Exclude<IsolationModel, "shared">;

const dataUrl = () => withDatabase(place.clone.databaseUrl, place.clone.dataDatabase);
const keepWarm = (isolation: Own, warm: number) =>
  ask(
    place.clone.databaseUrl,
    `insert into platform.plans (id, name, isolation, warm) values ($1, $1, $1, $2)
     on conflict (id) do update set warm = excluded.warm`,
    [isolation, warm],
  );
const waiting = (state: string, isolation?: Own) =>
  ask<{ id: TenantId }>(
    place.clone.databaseUrl,
    `select id from platform.warm_partitions where state = $1 and isolation = coalesce($2, isolation) order by id`,
    [state, isolation],
  );
const untilReady = (count: number, isolation?: Own) =>
  until(
    `${count} are ready`,
    async () => (await waiting("ready", isolation)).length === count,
    60_000,
  );
const schemas = async () =>
  (
    await ask<{ name: string }>(
      dataUrl(),
      "select nspname as name from pg_namespace where nspname ~ '^t_[0-9a-f]{32}$' order by 1",
    )
  ).map((row) => row.name);
/** The databases of these partitions that there are; those of other tests' stand beside them. */
const databasesOf = async (ids: readonly string[], url = dataUrl()) => {
  const names = ids.map((id) => id.replaceAll("-", ""));
  const rows = await ask<{ name: string }>(
    url,
    "select datname::text as name from pg_database where right(datname, 32) = any ($1) union all select rolname from pg_roles where right(rolname, 32) = any ($1)",
    [names],
  );
  return rows.map((row) => row.name);
};
const wasWarm = async (operationId: string) =>
  (await place.client.operations.get({ operationId: operationId as never })).steps.some(
    ({ detail }) => detail?.endsWith("made ahead") === true,
  );

describe.each(["schema", "database"] as const)("a %s", (isolation) => {
  test("that was made ahead is handed out, and another is made for the next", async () => {
    await keepWarm(isolation, 2);
    await untilReady(2);
    const ready = (await waiting("ready")).map((row) => row.id);
    const tenant = await createTenant(place.client, { slug: "quick", isolation });
    expect(tenant.id).toBe(ready[0]);
    expect(tenant.status).toBe("active");
    expect(await wasWarm(tenant.operationId)).toBe(true);
    await untilReady(2);
    expect(await waiting("claimed")).toEqual([]);
    const [cluster] = (await place.client.clusters.list()).items;
    const gauge = { isolation, wanted: 2, ready: 2, making: 0, stale: 0 };
    expect(cluster?.warm).toContainEqual(gauge);
    const { targets } = await place.client.migrations.get();
    expect(targets).toMatchObject({ behind: 0, failed: 0 });
  });

  test("that was made ahead is what one is that was made for its tenant", async () => {
    const cold = await createTenant(place.client, { slug: "cold", isolation });
    await keepWarm(isolation, 1);
    await untilReady(1);
    const warm = await createTenant(place.client, { slug: "warm", isolation });
    expect([await wasWarm(cold.operationId), await wasWarm(warm.operationId)]).toEqual([
      false,
      true,
    ]);
    expect(await catalogueOf(warm)).toEqual(await catalogueOf(cold));
    const drift = await place.client.migrations.drift({ full: true }, { waitSeconds: 30 });
    expect(drift).toMatchObject({ status: "succeeded", result: { differing: 0, unread: [] } });
    const connected = await ask<{ same: boolean }>(
      place.clone.databaseUrl,
      `select count(distinct (t.status, t.synced_version, t.version, t.credentials is null)) = 1 as same
       from platform.tenants t where slug in ('cold', 'warm')`,
    );
    expect(connected).toEqual([{ same: true }]);
  });

  test("that lacks a migration stored since is not handed out before it has it", async () => {
    await keepWarm(isolation, 1);
    await untilReady(1);
    const [before] = await waiting("ready");
    await place.server.stop();
    // Nobody fills while this one stores the file and makes the tenant in the same moment.
    const more = {
      set: "tenant" as const,
      name: "0002_more.sql",
      sql: "create table more (id int primary key);",
    };
    const other = await place.startAnother();
    await other.client.migrations.store({ files: [...migrations, more] });
    const tenant = await createTenant(other.client, { slug: "later", isolation });
    const names = await ask<{ name: string }>(
      place.clone.databaseUrl,
      "select name from platform.migration_ledger where target = $1 and set = 'tenant' order by 1",
      [tenant.id],
    );
    expect(names.map((row) => row.name)).toEqual(["0001_notes.sql", "0002_more.sql"]);
    await until("it was brought up", async () => {
      const rows = await ask(
        place.clone.databaseUrl,
        "select from platform.warm_partitions where state = 'ready' and mark = platform.stored_mark()",
      );
      return rows.length === 1 || tenant.id === before?.id;
    });
    // One that was corrected is made anew: what waits keeps no file from being corrected.
    const corrected = { ...more, sql: "create table more (id bigint primary key);" };
    const elsewhere = { ...more, name: "0003_other.sql" };
    await expect(
      other.client.migrations.store({ files: [...migrations, corrected] }),
    ).rejects.toMatchObject({ code: "migration_changed" });
    const fresh = { ...elsewhere, sql: "create table other (id int primary key);" };
    await other.client.migrations.store({ files: [...migrations, more, fresh] });
    await until("it has the third", async () => isCurrent());
    const changed = { ...fresh, sql: "create table other (id bigint primary key);" };
    await other.client.migrations.store({ files: [...migrations, more, changed] });
    await until("it has the corrected one", async () => isCurrent());
    const last = await createTenant(other.client, { slug: "last", isolation });
    const type = await columnType(last, "other");
    expect(type).toBe("bigint");
  });

  test("that nobody wants any more is taken away, with all that is of it", async () => {
    await keepWarm(isolation, 2);
    await untilReady(2);
    const ids = (await waiting("ready")).map((row) => row.id);
    await keepWarm(isolation, 0);
    await until("none is left", async () => {
      const rows = await ask(place.clone.databaseUrl, "select from platform.warm_partitions");
      return rows.length === 0;
    });
    expect([await schemas(), await databasesOf(ids)]).toEqual([[], []]);
    expect(await ask(dataUrl(), "select from hestia.tenants")).toEqual([]);
  });

  test("of a tenant that is cancelled is taken away", async () => {
    await keepWarm(isolation, 1);
    await untilReady(1);
    await keepWarm(isolation, 0);
    await ask(place.clone.databaseUrl, `update platform.plans set defaults = '{"a": 1}'`);
    const holder = new pg.Client(place.clone.databaseUrl);
    await holder.connect();
    await holder.query("begin; lock table platform.configuration in access exclusive mode");
    const created = (await place.client.tenants.create({
      slug: "brief",
      name: "Brief",
      isolation,
    })) as Awaited<ReturnType<typeof createTenant>>;
    await place.client.operations.cancel({ operationId: created.operationId });
    await holder.end();
    await until("it is over", async () => {
      const { status } = await place.client.operations.get({ operationId: created.operationId });
      return status === "cancelled";
    });
    expect([await schemas(), await databasesOf([created.id])]).toEqual([[], []]);
    await until("no row is left", async () => {
      const rows = await ask(place.clone.databaseUrl, "select from platform.warm_partitions");
      return rows.length === 0;
    });
  });
});

const isCurrent = async () => {
  const rows = await ask(
    place.clone.databaseUrl,
    "select from platform.warm_partitions where state = 'ready' and mark = platform.stored_mark()",
  );
  return rows.length === 1;
};

type Made = Awaited<ReturnType<typeof createTenant>>;

const urlOf = ({ placement }: Made) =>
  placement.database === undefined
    ? dataUrl()
    : withDatabase(place.clone.databaseUrl, placement.database);
const schemaOf = ({ placement }: Made) => placement.schema ?? "app";

async function columnType(tenant: Made, table: string) {
  const rows = await ask<{ type: string }>(
    urlOf(tenant),
    "select format_type(atttypid, null) as type from pg_attribute where attrelid = $1::regclass and attname = 'id'",
    [`${schemaOf(tenant)}.${table}`],
  );
  return rows[0]?.type;
}

/** Everything that a tenant's partition is by name, with the tenant's own id left out of the words. */
async function catalogueOf(tenant: Made) {
  const hex = tenant.id.replaceAll("-", "");
  const lines = await ask<{ line: string }>(
    urlOf(tenant),
    `select line from (
       select concat_ws(' ', 'schema', n.nspname, n.nspowner::regrole, n.nspacl, obj_description(n.oid, 'pg_namespace')) as line from pg_namespace n where n.nspname = $1
       union all select concat_ws(' ', 'relation', c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, obj_description(c.oid, 'pg_class'))
         from pg_class c where c.relnamespace = $1::regnamespace
       union all select concat_ws(' ', 'column', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attacl)
         from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where c.relnamespace = $1::regnamespace and a.attnum > 0
       union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = $1::regnamespace
       union all select concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = $1::regnamespace
       union all select concat_ws(' ', 'policy', polrelid::regclass, polname, pg_get_expr(polqual, polrelid)) from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = $1::regnamespace
       union all select concat_ws(' ', 'tenant', tenant_id, place, state) from hestia.tenants where tenant_id = $2
       union all select concat_ws(' ', 'ledger', set, name, checksum) from hestia.migrations where place = $1
       union all select concat_ws(' ', 'database', datname, datdba::regrole, datacl, shobj_description(oid, 'pg_database')) from pg_database where datname like '%' || $3
       union all select concat_ws(' ', 'login', rolname, rolcanlogin, rolinherit, rolconfig, rolconnlimit,
           (select string_agg(m.roleid::regrole::text, ',') from pg_auth_members m where m.member = r.oid)) from pg_roles r where rolname like '%' || $3
     ) l order by 1`,
    [schemaOf(tenant), tenant.id, hex],
  );
  return lines
    .map(({ line }) => line.replaceAll(hex, "<hex>").replaceAll(tenant.id, "<id>"))
    .sort();
}

test("two hundred who sign up at once at two servers get each partition at most once, and the others their own", async () => {
  await keepWarm("schema", 20);
  const { client: second } = await place.startAnother();
  await untilReady(20);
  const ready = new Set((await waiting("ready")).map((row) => row.id));
  const made = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? place.client : second).tenants.create({
        slug: `crowd-${index}`,
        name: `Crowd ${index}`,
        isolation: index < 60 ? "schema" : "shared",
      }),
    ),
  );
  const ids = made.map(({ id }) => id);
  expect(new Set(ids).size).toBe(200);
  expect(ids.filter((id) => ready.has(id))).toHaveLength(20);
  await until(
    "all are active",
    async () => {
      const rows = await ask(
        place.clone.databaseUrl,
        "select from platform.tenants where status = 'active' and slug like 'crowd-%'",
      );
      return rows.length === 200;
    },
    120_000,
  );
  const events = await ask<{ events: number }>(
    place.clone.databaseUrl,
    `select distinct count(*)::int as events from platform.audit_events where tenant_id = any ($1) group by tenant_id`,
    [ids],
  );
  expect(events).toEqual([{ events: 2 }]);
});

test("two servers that fill at once never make more than is wanted", async () => {
  await place.startAnother();
  const seen: number[] = [];
  const watching = new pg.Client(place.clone.databaseUrl);
  await watching.connect();
  await keepWarm("schema", 5);
  await keepWarm("database", 2);
  await until(
    "all are ready",
    async () => {
      const { rows } = await watching.query<{ all: number; ready: number }>(
        "select count(*)::int as all, count(*) filter (where state = 'ready')::int as ready from platform.warm_partitions",
      );
      seen.push(rows[0]?.all ?? 0);
      return rows[0]?.ready === 7;
    },
    60_000,
  );
  await watching.end();
  expect(Math.max(...seen)).toBe(7);
  const ids = (await waiting("ready", "database")).map((row) => row.id);
  // A database and its login each.
  expect([(await schemas()).length, (await databasesOf(ids)).length]).toEqual([5, 4]);
});

test("a request that was cut off after it claimed a partition finds its tenant when it is repeated", async () => {
  await keepWarm("schema", 1);
  await untilReady(1);
  const input = { slug: "once", name: "Once", isolation: "schema" as const };
  const first = await place.client.tenants.create(input, { idempotencyKey: "k-1" });
  await ask(
    place.clone.databaseUrl,
    "update platform.idempotency_keys set status = null, headers = null, body = null, holder = ''",
  );
  const again = await place.client.tenants.create(input, { idempotencyKey: "k-1" });
  expect(again.id).toBe(first.id);
});

test("a server that is killed while it makes a partition leaves nothing behind: the next one goes on with it", async () => {
  const clone = await cloneTemplate(inject("postgresUrl"));
  const first = await startProcess(clone);
  const slow = {
    set: "tenant" as const,
    name: "0002_slow.sql",
    sql: "select pg_sleep(2); create table slow (id int primary key);",
  };
  await first.client.migrations.store({ files: [...migrations, slow] });
  await first.client.migrations.up({}, { waitSeconds: 30 });
  await ask(
    clone.databaseUrl,
    "insert into platform.plans (id, name, isolation, warm) values ('s', 's', 'schema', 1), ('d', 'd', 'database', 1)",
  );
  const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
  await until(
    "a migration sleeps",
    async () => {
      const sleeping =
        "select from pg_stat_activity where wait_event = 'PgSleep' and application_name like 'hestia %'";
      return (await ask(data, sleeping)).length > 0;
    },
    60_000,
  );
  const making = await ask<{ id: string }>(
    clone.databaseUrl,
    "select id from platform.warm_partitions where state = 'making'",
  );
  await first.kill("SIGKILL");
  const next = await startProcess(clone);
  const all = () =>
    ask<{ id: string; isolation: string; state: string }>(
      clone.databaseUrl,
      "select id, isolation, state from platform.warm_partitions",
    );
  await until(
    "both are ready",
    async () => (await all()).filter(({ state }) => state === "ready").length === 2,
    60_000,
  );
  const ready = await all();
  expect(ready).toHaveLength(2);
  expect(ready.map(({ id }) => id)).toEqual(expect.arrayContaining(making.map(({ id }) => id)));
  const found = await ask<{ name: string }>(
    data,
    "select nspname::text as name from pg_namespace where nspname ~ '^t_[0-9a-f]{32}$'",
  );
  expect(found).toHaveLength(1);
  await next.kill("SIGTERM");
  await clone.drop();
});

test("no plan wants any: nothing is made, and the first tenants are made for themselves", async () => {
  const tenant = await createTenant(place.client, { slug: "alone", isolation: "schema" });
  expect(await wasWarm(tenant.operationId)).toBe(false);
  expect(await ask(place.clone.databaseUrl, "select from platform.warm_partitions")).toEqual([]);
  expect(makeId<TenantId>(new Date()) > tenant.id).toBe(true);
});
