// Another tenant's rows and texts, read past the policies.

import { type Attack, revoked, rowSecurity } from "../stage.fixture.ts";
import { secret } from "../world.fixture.ts";
import { seesVictim, together } from "./common.fixture.ts";

export const reading: Attack[] = [
  {
    name: "read another tenant's rows",
    models: together,
    guards: [rowSecurity("orders")],
    ruled: false,
    run: async (stage) =>
      seesVictim(
        (
          await stage.attack(
            "select count(*) as n from «victim.place».orders where tenant_id = '«victim»'",
          )
        ).rows,
      ),
  },
  {
    name: "read another tenant's rows by COPY",
    models: together,
    guards: [rowSecurity("orders")],
    ruled: false,
    run: async (stage) =>
      (
        await stage.attack(
          `copy (select * from «victim.place».orders where note = '${secret}') to stdout`,
        )
      ).rowCount > 0,
  },
  {
    name: "read through a view with its owner's rights",
    models: together,
    guards: [
      {
        name: "views run with their caller's rights",
        off: [
          "alter view «victim.place».large_orders set (security_invoker = false)",
          "alter view «victim.place».large_orders owner to current_user",
        ],
        on: [
          "alter view «victim.place».large_orders set (security_invoker = true)",
          "alter view «victim.place».large_orders owner to {{owner}}",
        ],
      },
    ],
    ruled: false,
    run: async (stage) => {
      const visible = await stage.attack(
        "select count(*) as n from «victim.place».orders where amount >= 100",
      );
      const seen = await stage.attack("select count(*) as n from «victim.place».large_orders");
      return Number(seen.rows[0]?.n ?? 0) > Number(visible.rows[0]?.n ?? 0);
    },
  },
  {
    name: "read a materialised view",
    models: together,
    guards: [
      {
        name: "materialised views are not granted",
        off: [
          "create materialized view if not exists «victim.place».all_orders as select * from «victim.place».orders",
          "grant select on «victim.place».all_orders to {{app}}",
        ],
        on: ["revoke select on «victim.place».all_orders from {{app}}"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      seesVictim(
        (
          await stage.attack(
            "select count(*) as n from «victim.place».all_orders where tenant_id = '«victim»'",
          )
        ).rows,
      ),
  },
  {
    name: "read through a function with its owner's rights",
    models: together,
    guards: [
      {
        name: "row security is forced on the owner",
        off: [
          "alter table «victim.place».orders no force row level security",
          "create or replace function «victim.place».count_all() returns bigint language sql security definer as 'select count(*) from «victim.place».orders where tenant_id = ''«victim»'''",
          "alter function «victim.place».count_all() owner to {{owner}}",
          "grant execute on function «victim.place».count_all() to {{app}}",
        ],
        on: ["alter table «victim.place».orders force row level security"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      seesVictim((await stage.attack("select «victim.place».count_all() as n")).rows),
  },
  {
    name: "read a partition past its parent",
    models: ["shared"],
    guards: [
      {
        name: "partitions are isolated themselves",
        off: [
          "create table if not exists app.log (tenant_id uuid not null, id bigint not null) partition by hash (tenant_id)",
          "create table if not exists app.log_0 partition of app.log for values with (modulus 1, remainder 0)",
          "alter table app.log owner to {{owner}}",
          "alter table app.log_0 owner to {{owner}}",
          "delete from app.log",
          "insert into app.log values ('«victim»', 1)",
          "alter table app.log_0 disable row level security",
          "grant select on app.log_0 to {{app}}",
        ],
        on: ["set role {{owner}}", "select hestia.settle('app')", "reset role"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      seesVictim(
        (await stage.attack("select count(*) as n from app.log_0 where tenant_id = '«victim»'"))
          .rows,
      ),
  },
  {
    name: "read a cursor that the tenant before left open",
    models: together,
    guards: [revoked("cursor_to_xml(refcursor, integer, boolean, boolean, text)")],
    ruled: true,
    run: async (stage) => {
      await stage.suffer("declare leak cursor with hold for select note from orders limit 5");
      const { rows } = await stage.attack(
        "select cursor_to_xml('leak', 10, false, true, '')::text as x",
      );
      return String(rows[0]?.x ?? "").includes(secret);
    },
  },
  {
    name: "read a large object of another tenant",
    models: together,
    guards: [revoked("lo_from_bytea(oid, bytea)"), revoked("lo_get(oid)")],
    ruled: false,
    run: async (stage) => {
      const made = await stage.suffer("select lo_from_bytea(0, 'a file of the victim') as oid");
      const { rows } = await stage.attack(
        `select convert_from(lo_get(${made.rows[0]?.oid ?? 0}), 'utf8') as text`,
      );
      return rows[0]?.text === "a file of the victim";
    },
  },
];
