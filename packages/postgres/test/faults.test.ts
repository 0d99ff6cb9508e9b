// hestia.faults by mutation: whatever is loosened is reported, and whatever is harmless is not.

import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());

const application = `
  create table customers (id int primary key, email text unique);
  create table orders (
    id int generated always as identity primary key, note text, during int4range,
    customer int references customers on delete set null, exclude using gist (during with &&)
  );
  create index orders_note on orders (note);
  create table log (id int, at date, primary key (id, at)) partition by range (at);
  create table log_0 partition of log default;
  create view notes as select id, note from orders;
  create function total() returns bigint language sql as 'select count(*) from orders';`;

/** What is done to the place, and what must be said of it. */
const mutations: readonly (readonly [string, string])[] = [
  ["alter table orders disable row level security", "orders: row security is not forced"],
  ["alter table orders no force row level security", "orders: row security is not forced"],
  ["alter table log_0 disable row level security", "log_0: row security is not forced"],
  ...[
    "drop policy hestia_tenant on orders",
    "alter policy hestia_tenant on orders rename to other",
    "alter policy hestia_tenant on orders using (true)",
    "alter policy hestia_tenant on orders with check (true)",
    "alter policy hestia_tenant on orders using (tenant_id = (select hestia.scope('elsewhere')))",
    "alter policy hestia_tenant on orders using (tenant_id = hestia.tenant_id())",
    "alter policy hestia_tenant on orders to pg_monitor",
    "create policy more on orders using (true)",
    "drop policy hestia_tenant on orders; create policy hestia_tenant on orders for select using (tenant_id = (select hestia.scope('$raw')))",
    "drop policy hestia_tenant on orders; create policy hestia_tenant on orders as restrictive using (tenant_id = (select hestia.scope('$raw')))",
  ].map((change) => [change, "orders: its policies are not those of Hestia"] as const),
  ["create index bare on orders (note)", "bare: the index does not lead with tenant_id"],
  ["create unique index bare on orders (id)", "bare: the index does not lead with tenant_id"],
  [
    "create index bare on orders ((note || tenant_id))",
    "bare: the index does not lead with tenant_id",
  ],
  [
    "create index bare on orders ((tenant_id::text))",
    "bare: the index does not lead with tenant_id",
  ],
  ["create index bare on orders (note, tenant_id)", "bare: the index does not lead with tenant_id"],
  ["create index bare on log_0 (at)", "bare: the index does not lead with tenant_id"],
  [
    "create index bare on orders using hash (tenant_id, note)".replace("tenant_id, ", ""),
    "bare: the index does not lead with tenant_id",
  ],
  [
    "alter table orders add constraint once unique (note)",
    "once: the index does not lead with tenant_id",
  ],
  [
    "alter table orders add constraint x exclude (note with =)",
    "x: the index does not lead with tenant_id",
  ],
  [
    "alter table orders drop constraint orders_pkey; alter table orders add primary key (id)",
    "orders_pkey: the index does not lead with tenant_id",
  ],
  [
    "create unique index k on customers (id); alter table orders add constraint bare foreign key (customer) references customers (id)",
    "bare: the foreign key does not carry tenant_id",
  ],
  [
    "alter table orders add other uuid, add constraint crossed foreign key (other, customer) references customers (tenant_id, id)",
    "crossed: the foreign key does not carry tenant_id",
  ],
  [
    "alter table orders add constraint empties foreign key (tenant_id, customer) references customers on delete set null",
    "empties: the foreign key would empty tenant_id",
  ],
  [
    "alter table orders add constraint empties foreign key (tenant_id, customer) references customers on delete set default",
    "empties: the foreign key would empty tenant_id",
  ],
  [
    "alter table orders add constraint empties foreign key (tenant_id, customer) references customers on delete set null (tenant_id)",
    "empties: the foreign key would empty tenant_id",
  ],
  [
    "alter table orders add constraint empties foreign key (tenant_id, customer) references customers on update set null",
    "empties: the foreign key would empty tenant_id",
  ],
  [
    "alter table orders add constraint leaves foreign key (tenant_id) references hestia.tenants",
    "leaves: the foreign key leaves the tenant's tables",
  ],
  [
    "create table shared.f (t uuid, c int, constraint enters foreign key (t, c) references $place.customers)",
    "enters: a foreign key from elsewhere refers to it",
  ],
  [
    "alter table orders drop constraint orders_pkey, alter tenant_id drop not null",
    "orders: no tenant_id uuid not null",
  ],
  ["alter table orders rename tenant_id to tenant", "orders: no tenant_id uuid not null"],
  ["create table more (id int)", "more: no tenant_id uuid not null"],
  ["create table more (tenant_id text not null)", "more: no tenant_id uuid not null"],
  [
    "alter table orders alter tenant_id drop default",
    "orders: tenant_id does not default to the tenant in scope",
  ],
  [
    "alter table orders alter tenant_id set default gen_random_uuid()",
    "orders: tenant_id does not default to the tenant in scope",
  ],
  ["alter table orders add number serial", "number: the column takes its default from a sequence"],
  ["create table heir () inherits (customers)", "customers: it inherits, or is inherited from"],
  [
    "create rule r as on delete to orders do also insert into log select",
    "r: the rule runs with other rights than its caller's",
  ],
  [
    "create rule r as on delete to notes do instead delete from orders",
    "r: the rule runs with other rights than its caller's",
  ],
  [
    "alter view notes reset (security_invoker)",
    "notes: the view does not run with its caller's rights",
  ],
  [
    "alter view notes set (security_invoker = 0)",
    "notes: the view does not run with its caller's rights",
  ],
  [
    "create view more as select * from orders",
    "more: the view does not run with its caller's rights",
  ],
  ["alter view notes owner to postgres", "notes: it does not belong to the role of the owner"],
  ["alter table orders owner to postgres", "orders: it does not belong to the role of the owner"],
  ["grant select on orders to public", "orders: its grants are not those of Hestia"],
  ["grant select (note) on orders to public", "orders: its grants are not those of Hestia"],
  ["grant references (note) on orders to $app", "orders: its grants are not those of Hestia"],
  ["grant truncate on orders to $app", "orders: its grants are not those of Hestia"],
  ["grant trigger on log_0 to $app", "log_0: its grants are not those of Hestia"],
  [
    "grant select on orders to $app with grant option",
    "orders: its grants are not those of Hestia",
  ],
  ["revoke select on orders from $app", "orders: its grants are not those of Hestia"],
  ["grant select on notes to public", "notes: its grants are not those of Hestia"],
  [
    "grant usage on sequence orders_id_seq to $app",
    "orders_id_seq: its grants are not those of Hestia",
  ],
  [
    "grant select on sequence orders_id_seq to public",
    "orders_id_seq: its grants are not those of Hestia",
  ],
  [
    "create materialized view m as select 1; grant select on m to $app",
    "m: its grants are not those of Hestia",
  ],
];

const pins: readonly string[] = [
  "alter table orders drop constraint hestia_tenant_check",
  "alter table orders rename constraint hestia_tenant_check to other",
  "alter table orders drop constraint hestia_tenant_check; alter table orders add constraint hestia_tenant_check check (true)",
  "alter table orders drop constraint hestia_tenant_check; alter table orders add constraint hestia_tenant_check check (tenant_id is not null)",
  "alter table orders drop constraint hestia_tenant_check; alter table orders add constraint hestia_tenant_check check (tenant_id = '$tenant') not valid",
  "alter table orders drop constraint hestia_tenant_check; alter table orders add constraint hestia_tenant_check check (tenant_id = '00000000-0000-0000-0000-000000000000')",
];

const harmless: readonly string[] = [
  "select 1",
  "create index more on orders (tenant_id, note desc) include (customer) where note <> ''",
  "create index more on orders using gin (tenant_id, (array[note]))",
  "alter table orders add constraint more unique (tenant_id, note) deferrable",
  "alter table orders add constraint more foreign key (tenant_id, customer) references customers on delete set null (customer)",
  "alter table orders add constraint more check (note <> '')",
  "alter table orders rename note to text",
  "alter table orders rename to deeds",
  "alter table orders add more int default 3, drop note cascade",
  "alter view notes set (security_invoker = on)",
  "alter view notes set (security_invoker = yes, security_barrier)",
  "create table more (tenant_id uuid)" + "; drop table more",
  "cluster orders using orders_note",
  "analyze orders",
  "create statistics more on note, customer from orders",
  "alter table orders alter note set statistics 1000, set (fillfactor = 90)",
  "comment on table orders is 'x'",
  "create materialized view m as select 1",
  "create sequence more",
  "grant select on orders to pg_monitor",
];

describe.each(isolationModels)("in the place of a %s tenant", (model) => {
  let place: Partition;
  beforeAll(async () => {
    place = await platform.partition(model);
    await place.migrate(application);
  });

  /** Does it as who can, and undoes it after looking. */
  async function after(sql: string): Promise<string[]> {
    const text = sql
      .replaceAll("$raw", place.place)
      .replaceAll("$place", place.place)
      .replaceAll("$app", place.roles.app)
      .replaceAll("$tenant", place.tenant.id);
    await place.client.query(`begin; set local search_path = ${place.place}, extensions`);
    try {
      const role = roleFor(text, place.roles);
      if (role !== undefined) await place.client.query(`set local role ${role}`);
      await place.client.query(text);
      await place.client.query("reset role; set local search_path = pg_catalog");
      return await place.faults();
    } finally {
      await place.client.query("rollback");
    }
  }

  test("nothing is wrong at first", async () => {
    expect(await place.faults()).toEqual([]);
  });

  test.each(mutations)("%s", async (sql, fault) => {
    expect(await after(sql)).toContain(fault);
  });

  if (model !== "shared") {
    test.each(pins)("%s", async (sql) => {
      expect(await after(sql)).toEqual(["orders: no check pins the tenant of this place"]);
    });
  }

  test.each(harmless)("is not misled by %s", async (sql) => {
    expect(await after(sql)).toEqual([]);
  });

  test("settles once, and then has nothing to do", async () => {
    const settle = `select hestia.settle('${place.place}')::text[]`;
    expect(await place.list(settle)).toEqual([[]]);
  });
});

/** The owner does it, unless it takes a superuser, or the rows of all tenants for the proof of a foreign key. */
function roleFor(text: string, { owner, system }: Partition["roles"]): string | undefined {
  if (/owner to|pg_monitor/.test(text)) return undefined;
  return /foreign key/.test(text) && !/create table/.test(text) ? system : owner;
}
