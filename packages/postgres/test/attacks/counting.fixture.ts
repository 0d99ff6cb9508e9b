// Another tenant's values by what can be counted: indexes, estimates, keys, times.

import { type Attack, type Guard, revoked, unreadable } from "../stage.fixture.ts";
import { secret } from "../world.fixture.ts";
import { accepted, all, asRole, together } from "./common.fixture.ts";

export const counting: Attack[] = [
  {
    name: "learn of another tenant's row from a unique key",
    models: ["shared"],
    guards: [
      {
        name: "every key leads with the tenant",
        off: ["create unique index bare on app.orders (id) where id > 80000"],
        on: ["drop index app.bare"],
      },
    ],
    ruled: false,
    run: async (stage) => {
      await stage.suffer("insert into orders (id) values (80001) on conflict do nothing");
      const outcome = await stage.attack("insert into orders (id) values (80001)");
      await stage.attack("delete from orders where id = 80001");
      return outcome.error === "23505";
    },
  },
  {
    name: "count another tenant's rows by the counters of an index",
    models: ["shared"],
    guards: [
      revoked("pg_stat_get_xact_tuples_returned(oid)"),
      {
        name: "every index leads with the tenant",
        off: [
          "drop index app.orders_note",
          "create index orders_note on app.orders (note)",
          // So that the planner takes this index, whenever autovacuum was by last.
          "analyze app.orders",
          (world) => asRole(world, "set enable_seqscan = off"),
          // An index that leads with the tenant costs least where the tenants' rows lie in the order of their ids.
          (world) => asRole(world, "set enable_indexscan = off"),
        ],
        on: [
          (world) => asRole(world, "reset enable_indexscan"),
          (world) => asRole(world, "reset enable_seqscan"),
          "drop index app.orders_note",
          "create index orders_note on app.orders (tenant_id, note)",
        ],
      },
    ],
    ruled: false,
    run: async (stage) => {
      const oid = Number(
        (await stage.world.superuser.query("select 'app.orders_note'::regclass::oid as oid"))
          .rows[0].oid,
      );
      const counter = `pg_stat_get_xact_tuples_returned(${oid})`;
      // Read before and after within one statement: between statements the counters are flushed.
      const read = async (value: string) => {
        const { rows, error, message } = await stage.attack(
          `with b as materialized (select ${counter} as n)
           select ${counter} + 0 * a.c - b.n as n
           from b cross join lateral (select count(*) as c from orders where note = '${value}' and b.n >= 0 offset 0) a`,
        );
        // Only the guard may be in the way.
        if (error !== undefined && error !== "42501") throw new Error(message);
        return Number(rows[0]?.n ?? 0);
      };
      return (await read(secret)) > (await read("no such note"));
    },
  },
  {
    name: "recover another tenant's value from the planner's estimates",
    models: ["shared"],
    guards: [],
    ruled: true,
    run: async (stage) => {
      const estimate = async (value: string) => {
        const { rows } = await stage.attack(
          `explain (format json) select from orders where note = '${value}'`,
        );
        const plan = rows[0]?.["QUERY PLAN"] as { Plan: { "Plan Rows": number } }[] | undefined;
        return plan?.[0]?.Plan["Plan Rows"] ?? 0;
      };
      return (await estimate(secret)) > (await estimate("no such note"));
    },
  },
  {
    name: "read the counter that another tenant's insert moved",
    models: together,
    guards: [
      revoked("lastval()"),
      {
        name: "sequences are not granted",
        off: ["grant usage on sequence «victim.place».orders_number_seq to {{app}}"],
        on: ["revoke usage on sequence «victim.place».orders_number_seq from {{app}}"],
      },
    ],
    ruled: false,
    run: async (stage) => {
      await stage.suffer("insert into orders (id) values (floor(random() * 1e9)::bigint + 100000)");
      return (await stage.attack("select lastval()")).error === undefined;
    },
  },
  ...[
    [
      "see the schemas of other tenants",
      "select from pg_namespace where nspname = '«victim.place»'",
      unreadable("pg_namespace"),
    ],
    [
      "list the schemas of other tenants in the information schema",
      "select from information_schema.schemata",
      [
        revoked("pg_has_role(oid, text)"),
        revoked("has_schema_privilege(oid, text)"),
        {
          name: "the information schema is closed",
          off: ["grant usage on schema information_schema to public"],
          on: ["revoke usage on schema information_schema from public"],
        },
      ],
    ],
    [
      "have an object of another tenant described by its number",
      "select pg_describe_object(0::oid, 0::oid, 0)",
      revoked("pg_describe_object(oid, oid, integer)"),
    ],
    [
      "see the databases of other tenants",
      "select from pg_database where datname = '«victim.database»'",
      unreadable("pg_database"),
    ],
    ["see the logins of other tenants", "select from pg_roles", unreadable("pg_roles")],
    [
      "count rows by a table's size in the catalogue",
      "select reltuples from pg_class where relname = 'orders'",
      unreadable("pg_class"),
    ],
    [
      "read a pinned tenant's id from its check",
      "select conname from pg_constraint where conname = 'orders_pkey'",
      unreadable("pg_constraint"),
    ],
    [
      "count rows by a table's size on disk",
      "select pg_relation_size(0::regclass, 'main')",
      revoked("pg_relation_size(regclass, text)"),
    ],
    [
      "probe for rows by their address",
      "select currtid2('orders', '(0,1)'::tid)",
      revoked("currtid2(text, tid)"),
    ],
    ["watch locks", "select from pg_locks", revoked("pg_lock_status()")],
    [
      "list the library's prepared statements",
      "select from pg_prepared_statements",
      revoked("pg_prepared_statement()"),
    ],
    [
      "read the statistics of tables",
      "select n_tup_ins from pg_stat_all_tables",
      revoked("pg_stat_get_tuples_inserted(oid)"),
    ],
  ].map(
    ([name, text, guard]): Attack => ({
      name: name as string,
      models: all,
      guards: [guard].flat() as Guard[],
      ruled: false,
      run: async (stage) => accepted(stage, text as string),
    }),
  ),
];
