// Another tenant's scope, taken from within a statement.

import { type Attack, noProcedures, replaced, sealed } from "../stage.fixture.ts";
import { seesVictim, setConfig, together } from "./common.fixture.ts";

export const switching: Attack[] = [
  {
    name: "switch the tenant in a CTE",
    models: ["shared"],
    guards: [setConfig, sealed],
    ruled: false,
    run: async (stage) =>
      seesVictim(
        (
          await stage.attack(
            "with s as materialized (select set_config('hestia.tenant', '«victim»', true)) select count(*) filter (where o.tenant_id = '«victim»') as n from s, orders o",
          )
        ).rows,
      ),
  },
  {
    name: "switch the tenant in a scalar sub-select",
    models: ["shared"],
    guards: [setConfig, sealed],
    ruled: false,
    run: async (stage) =>
      seesVictim(
        (
          await stage.attack(
            "select set_config('hestia.tenant', '«victim»', true), (select count(*) from orders where tenant_id = '«victim»') as n",
          )
        ).rows,
      ),
  },
  {
    name: "switch the tenant in a DO block and write",
    models: ["shared"],
    guards: [noProcedures, sealed],
    ruled: true,
    run: async (stage) => {
      await stage.attack(
        "do $$ begin set local hestia.tenant = '«victim»'; update orders set amount = -1 where tenant_id = '«victim»' and id = 300; end $$",
      );
      const { rows } = await stage.world.superuser.query(
        stage.fill(
          "select count(*) as n from app.orders where tenant_id = '«victim»' and amount = -1",
        ),
      );
      await stage.world.superuser.query("update app.orders set amount = 300 where id = 300");
      return seesVictim(rows);
    },
  },
  {
    name: "switch the tenant in a DO block for the session",
    models: ["shared"],
    guards: [noProcedures, sealed],
    ruled: true,
    run: async (stage) => {
      await stage.attack("do $$ begin set hestia.tenant = '«victim»'; end $$");
      return seesVictim(
        (await stage.unscoped("select count(*) as n from app.orders where tenant_id = '«victim»'"))
          .rows,
      );
    },
  },
  {
    name: "enter another tenant by its id",
    models: together,
    guards: [
      sealed,
      replaced(
        "only a key that is known enters, and only once a transaction",
        "hestia.enter(text)",
        "return case when plain then false else hestia.enter_or_refuse(key) end;",
        "return case when plain then false else pg_catalog.set_config('hestia.tenant', key, true) is null end;",
      ),
    ],
    ruled: false,
    run: async (stage) =>
      seesVictim(
        (
          await stage.attack(
            "with s as materialized (select hestia.enter('«victim»')) select count(*) filter (where o.tenant_id = '«victim»') as n from s, «victim.place».orders o",
          )
        ).rows,
      ),
  },
];
