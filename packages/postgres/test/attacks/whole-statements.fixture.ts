// Statements that no tenant needs: held by the rule on first tokens, or what they would leave behind.

import { type Attack, noProcedures, replaced, revoked } from "../stage.fixture.ts";
import { ruledOut, setConfig, together } from "./common.fixture.ts";

export const wholeStatements: Attack[] = [
  ruledOut("prepare a statement of one's own", "prepare mine as select 1"),
  ruledOut("deallocate the library's statements", "deallocate all"),
  ruledOut("discard the session's state", "discard plans"),
  ruledOut("set a session's setting", "set synchronous_commit = off"),
  ruledOut("reset the session", "reset all"),
  ruledOut("listen to the directory's channel", "listen hestia_directory"),
  ruledOut("notify the directory's channel", "notify hestia_directory, 'forged'"),
  ruledOut(
    "alter the login's own settings",
    "alter role current_user set application_name = 'taken'",
    "alter role {{app}} reset application_name",
  ),
  ruledOut("lock a table against everyone", "lock table orders in share row exclusive mode"),
  ruledOut(
    "hold a cursor open for the next tenant",
    "declare mine cursor with hold for select note from orders",
  ),
  ruledOut("read the planner's statistics", "explain select from orders where note >= 'S'"),
  ruledOut("leave a transaction open", "begin"),
  ruledOut("end the transaction that holds the scope", "commit"),
  ruledOut("set a savepoint", "start transaction"),
  ruledOut("show a setting", "show work_mem"),
  ruledOut(
    "hide a statement behind comments",
    "/* a /* nested */ comment */ -- and more\n set synchronous_commit = off",
  ),
  ruledOut("change the session's role", "set role none"),
];

export const keyTheft: Attack = {
  name: "steal the next tenant's key by preparing the library's own statement anew",
  models: together,
  guards: [noProcedures, setConfig, revoked("pg_prepared_statement()")],
  ruled: true,
  run: async (stage) => {
    await stage.suffer("select 1");
    await stage.attack(`do $do$ declare s record; begin
      for s in select name from pg_prepared_statements where statement like '%hestia.enter%' loop
        execute format('deallocate %I', s.name);
        execute format('prepare %I (text) as select hestia.enter($1),
          set_config(''x.stolen'', case when current_setting(''hestia.tenant'') <> ''«attacker»'' then $1 else current_setting(''x.stolen'', true) end, false)', s.name);
      end loop; raise exception 'an ordinary error'; end $do$`);
    await stage.suffer("select count(*) from orders");
    const { rows } = await stage.attack("select current_setting('x.stolen', true) as key");
    return rows[0]?.key === stage.victim.key;
  },
};

export const planting: Attack[] = [
  {
    name: "plant settings for the next tenant on the connection",
    models: together,
    guards: [setConfig],
    ruled: false,
    run: async (stage) => {
      await stage.attack("select set_config('synchronous_commit', 'off', false)");
      const { rows } = await stage.suffer(
        "select current_setting('synchronous_commit') = 'off' and current_setting('work_mem') is not null as planted",
      );
      const before = await stage.world.superuser.query("show synchronous_commit");
      if (before.rows[0]?.synchronous_commit === "off")
        return (
          (await stage.attack("select set_config('transform_null_equals', 'on', false)")).error ===
            undefined &&
          (await stage.suffer("select current_setting('transform_null_equals') as v")).rows[0]
            ?.v === "on"
        );
      return rows[0]?.planted === true;
    },
  },
  {
    name: "plant a seed, so that the next tenant's random numbers are known",
    models: together,
    guards: [revoked("setseed(double precision)")],
    ruled: false,
    run: async (stage) => {
      const seen = [];
      for (let round = 0; round < 2; round += 1) {
        await stage.attack("select setseed(0.42)");
        seen.push((await stage.suffer("select random() as n")).rows[0]?.n);
      }
      return seen[0] === seen[1];
    },
  },
  {
    name: "plant a search_path, so that the next tenant writes elsewhere",
    models: together,
    guards: [
      setConfig,
      replaced(
        "the scope sets search_path",
        "hestia.enter(text)",
        "then pg_catalog.set_config('search_path'",
        "then pg_catalog.concat('search_path'",
      ),
    ],
    ruled: false,
    run: async (stage) => {
      await stage.attack("select set_config('search_path', 'nowhere', false)");
      const { rows } = await stage.suffer("select current_setting('search_path') as path");
      return rows[0]?.path === "nowhere";
    },
  },
  {
    name: "plant one's own key, so that a statement without a scope sees rows",
    models: together,
    guards: [setConfig],
    ruled: false,
    run: async (stage) => {
      await stage.attack(
        "select set_config('hestia.scope', current_setting('hestia.scope'), false), set_config('hestia.tenant', current_setting('hestia.tenant'), false)",
      );
      return (
        Number(
          (await stage.unscoped("select count(*) as n from «attacker.place».orders")).rows[0]?.n ??
            0,
        ) > 0
      );
    },
  },
];
