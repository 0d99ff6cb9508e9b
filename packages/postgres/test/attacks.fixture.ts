// The attacks, as data: who tries what, and which guards must be gone for it to succeed.

import pg from "pg";
import { databaseOf, withDatabase } from "../src/cluster/admin.ts";
import {
  type Attack,
  type Guard,
  noProcedures,
  replaced,
  revoked,
  rowSecurity,
  type Stage,
  sealed,
  unreadable,
} from "./stage.fixture.ts";
import { secret } from "./world.fixture.ts";

const together = ["shared", "schema"] as const;
const all = ["shared", "schema", "database"] as const;

const setConfig = revoked("set_config(text, text, boolean)");
const accepted = async (stage: Stage, text: string) =>
  (await stage.attack(text)).error === undefined;

/** Held by the rule on first tokens alone: PostgreSQL lets every role do it. */
function ruledOut(name: string, text: string, after?: string): Attack {
  return {
    name,
    models: all,
    guards: [],
    ruled: true,
    run: async (stage) => {
      const done = await accepted(stage, text);
      if (done && after) await stage.world.superuser.query(stage.fill(after));
      return done;
    },
  };
}

const wholeStatements: Attack[] = [
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

const keyTheft: Attack = {
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

const planting: Attack[] = [
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

const seesVictim = (rows: Record<string, unknown>[]) => rows.some((row) => Number(row.n) > 0);

const switching: Attack[] = [
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

const reading: Attack[] = [
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

const writing: Attack[] = [
  ...[
    [
      "insert a row that names another tenant",
      "insert into «victim.place».orders (tenant_id, id) values ('«victim»', 99999)",
    ],
    [
      "update another tenant's rows",
      "update «victim.place».orders set note = note where tenant_id = '«victim»' and id = 1",
    ],
    [
      "delete another tenant's rows",
      "delete from «victim.place».orders where tenant_id = '«victim»' and id = 300",
    ],
    [
      "upsert over another tenant's row",
      "insert into «victim.place».orders (tenant_id, id) values ('«victim»', 2) on conflict (tenant_id, id) do update set amount = 2",
    ],
    [
      "merge into another tenant's rows",
      "merge into «victim.place».orders o using (values ('«victim»'::uuid, 3)) s (t, i) on o.tenant_id = s.t and o.id = s.i when matched then update set amount = 3",
    ],
    [
      "refer to another tenant's row by a foreign key",
      "insert into «victim.place».orders (tenant_id, id, customer_id) values ('«victim»', 99998, 1)",
    ],
  ].map(
    ([name = "", text = ""]): Attack => ({
      name,
      models: together,
      guards: [rowSecurity("orders")],
      ruled: false,
      run: async (stage) => (await stage.attack(text)).rowCount > 0,
    }),
  ),
  {
    name: "give one's own row to another tenant",
    models: ["shared"],
    guards: [rowSecurity("orders")],
    ruled: false,
    run: async (stage) => {
      await stage.attack("insert into orders (id) values (70001)");
      return (
        (
          await stage.attack(
            "update orders set tenant_id = '«victim»' where tenant_id = '«attacker»' and id = 70001",
          )
        ).rowCount > 0
      );
    },
  },
  {
    name: "write rows of one's own into another tenant's schema",
    models: ["schema"],
    guards: [
      {
        name: "the policy names its place",
        off: [
          "alter policy hestia_tenant on «victim.place».orders using (tenant_id = (select hestia.scope('«attacker.place»')))",
        ],
        on: [
          "alter policy hestia_tenant on «victim.place».orders using (tenant_id = (select hestia.scope('«victim.place»')))",
        ],
      },
      {
        name: "a check pins the tenant",
        off: ["alter table «victim.place».orders drop constraint if exists hestia_tenant_check"],
        on: [
          "alter table «victim.place».orders add constraint hestia_tenant_check check (tenant_id = '«victim»') not valid",
        ],
      },
    ],
    ruled: false,
    run: async (stage) =>
      (
        await stage.attack(
          "insert into «victim.place».orders (id) values (floor(random() * 1e9)::bigint)",
        )
      ).rowCount > 0,
  },
  {
    name: "write into the shared tables from a schema of one's own",
    models: ["schema"],
    guards: [
      {
        name: "the policy names its place",
        off: [
          "create table if not exists app.orders (like «victim.place».orders including defaults including indexes)",
          "alter table app.orders owner to {{owner}}",
          "grant insert on app.orders to {{app}}",
          "alter table app.orders disable row level security",
        ],
        on: ["set role {{owner}}", "select hestia.settle('app')", "reset role"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      (
        await stage.attack(
          "insert into app.orders (id, number) values (floor(random() * 1e9)::bigint, 1)",
        )
      ).rowCount > 0,
  },
  {
    name: "empty a table that tenants share",
    models: together,
    guards: [
      {
        name: "TRUNCATE is not granted",
        off: ["grant truncate on «victim.place».scratch to {{app}}"],
        on: ["revoke truncate on «victim.place».scratch from {{app}}"],
      },
    ],
    ruled: true,
    run: async (stage) => {
      await stage.suffer("insert into scratch (id) values (1) on conflict do nothing");
      await stage.attack("truncate «victim.place».scratch");
      const { rows } = await stage.world.superuser.query(
        stage.fill("select count(*) as n from «victim.place».scratch where tenant_id = '«victim»'"),
      );
      return Number(rows[0]?.n) === 0;
    },
  },
  {
    name: "write in an older transaction after a suspension",
    models: all,
    guards: [
      replaced(
        "an older snapshot is held against the key's row",
        "hestia.enter(text)",
        "and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed'",
        "",
      ),
    ],
    ruled: false,
    run: writeAfterSuspension,
  },
];

async function writeAfterSuspension(stage: Stage): Promise<boolean> {
  const { attacker } = stage;
  const client = await stage.world.rawClient(attacker);
  const superuser = new pg.Client({
    connectionString: withDatabase(stage.world.clone.databaseUrl, attacker.database),
  });
  await superuser.connect();
  try {
    await client.query("begin isolation level repeatable read");
    const enter = () => client.query("select hestia.enter($1)", [attacker.key]);
    await enter();
    await client.query("select count(*) from orders");
    await superuser.query("select hestia.set_state($1, 'suspended')", [attacker.id]);
    await enter();
    await client.query("insert into scratch (id) values (floor(random() * 1e9)::bigint)");
    await client.query("commit");
    return true;
  } catch {
    return false;
  } finally {
    await superuser.query("select hestia.set_state($1, 'active')", [attacker.id]);
    await superuser.end();
    await client.end();
  }
}

/** That no condition of a tenant's goes before the policy: by the logins' settings, and by what entering sets. */
const policyFirst: Guard[] = [
  {
    name: "to the logins' planner operators cost nothing",
    off: [(world) => asRole(world, "set cpu_operator_cost = 0.0025")],
    on: [(world) => asRole(world, "reset cpu_operator_cost")],
  },
  replaced(
    "entering makes them cost nothing",
    "hestia.enter(text)",
    "and pg_catalog.current_setting('cpu_operator_cost') operator(pg_catalog.=) '0'",
    "",
  ),
];

/** Conditions that PostgreSQL asks before the policy: should the policy raise, an error tells that a row met them. */
const asking: Attack[] = [
  {
    name: "ask by the refusal of one's own suspension what stands in another tenant's row",
    models: ["shared"],
    guards: [
      replaced(
        "a tenant is refused before its statement",
        "hestia.enter_or_refuse(text)",
        "raise exception 'the tenant is suspended' using errcode = 'HT002';",
        "return false;",
      ),
      raising("s.state = 'active'"),
      ...policyFirst.slice(0, 1),
      replaced(
        "entering makes them cost nothing",
        "hestia.enter_or_refuse(text)",
        "perform set_config('cpu_operator_cost', '0', true);",
        "",
      ),
    ],
    ruled: false,
    run: async (stage) => {
      const { superuser } = stage.world;
      await superuser.query("select hestia.set_state($1, 'suspended')", [stage.attacker.id]);
      try {
        return await tellsApart(stage, (where) => `delete from orders where ${where}`);
      } finally {
        await superuser.query("select hestia.set_state($1, 'active')", [stage.attacker.id]);
      }
    },
  },
  {
    name: "ask by the refusal of another place what stands in its tenant's row",
    models: ["schema"],
    guards: [raising("s.place = placement"), ...policyFirst],
    ruled: false,
    run: (stage) =>
      tellsApart(stage, (where) => `select from «victim.place».orders where ${where}`),
  },
  {
    name: "ask by a failing sub-select of one's own what stands in another tenant's row",
    models: together,
    guards: policyFirst,
    ruled: false,
    run: async (stage) => {
      const ask = async (note: string) =>
        (
          await stage.attack(
            `select from «victim.place».orders tablesample bernoulli (100)
             where tenant_id = any (array['«victim»'::uuid]) and id = any (array[7]) and note = any (array['${note}'])
               and note = any (array[(select (random() || 'x')::text::bigint::text)])`,
          )
        ).error;
      return (await ask(secret)) !== (await ask("no such note"));
    },
  },
  {
    name: "ask by spoiling one's own scope what stands in another tenant's row",
    models: ["shared"],
    guards: [setConfig, ...policyFirst],
    ruled: false,
    run: (stage) =>
      tellsApart(
        stage,
        (where) =>
          `with s as materialized (select set_config('hestia.scope', '', true) as v)
           select (select count(*) from orders where ${where}) from s where v is not null`,
      ),
  },
];

/** That policies do not raise for what a statement can bring about; without it they do unless this holds of the key's row. */
function raising(unless: string): Guard {
  return replaced(
    `the policy does not raise unless ${unless}`,
    "hestia.scope(text)",
    "  if not found and coalesce(pg_catalog.current_setting('hestia.scope', true), '') operator(pg_catalog.=) '' then",
    `  perform from hestia.scopes s where s.digest = sha256(current_setting('hestia.scope')::bytea) and ${unless};
  if not found then`,
  );
}

/** The same statement about one row of the victim's, asking what is true of it and what is not. */
async function tellsApart(stage: Stage, text: (where: string) => string): Promise<boolean> {
  const { rows } = await stage.world.superuser.query(
    stage.fill(
      `select ctid from «victim.place».orders where tenant_id = '«victim»' and note = '${secret}' limit 1`,
    ),
  );
  const ask = async (condition: string) =>
    (await stage.attack(text(`ctid = '${rows[0]?.ctid}' and ${condition}`))).error;
  return (await ask("note is null")) !== (await ask("note is not null"));
}

/** The same statement, with and without the victim's value: a difference is a leak. */
const counting: Attack[] = [
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
        ],
        on: [
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

const signalling: Attack[] = [
  {
    name: "read another tenant's statement while it runs",
    models: together,
    guards: [revoked("pg_stat_get_activity(integer)")],
    ruled: false,
    run: (stage) =>
      whileVictimRuns(stage, async () => {
        const { rows } = await stage.attack(
          "select query from pg_stat_activity where query like '%iban-DE89%' and query not like '%pg_stat_activity%'",
        );
        return rows.length > 0;
      }),
  },
  {
    name: "cancel another tenant's statement",
    models: together,
    guards: [revoked("pg_cancel_backend(integer)")],
    ruled: false,
    run: (stage) =>
      whileVictimRuns(
        stage,
        async (pid) =>
          (await stage.attack(`select pg_cancel_backend(${pid}) as done`)).rows[0]?.done === true,
      ),
  },
  {
    name: "end another tenant's connection",
    models: together,
    guards: [revoked("pg_terminate_backend(integer, bigint)")],
    ruled: false,
    run: (stage) =>
      whileVictimRuns(
        stage,
        async (pid) =>
          (await stage.attack(`select pg_terminate_backend(${pid}) as done`)).rows[0]?.done ===
          true,
      ),
  },
  {
    name: "leave an advisory lock to the next tenant",
    models: together,
    guards: [revoked("pg_advisory_lock(bigint)")],
    ruled: false,
    run: async (stage) => {
      const lock = Math.floor(Math.random() * 1e9);
      await stage.attack(`select pg_advisory_lock(${lock})`);
      const { rows } = await stage.world.superuser.query(
        "select count(*) as n from pg_locks where locktype = 'advisory' and objid::bigint = $1",
        [lock],
      );
      return seesVictim(rows);
    },
  },
  ...[
    [
      "forge a notification of the directory",
      "select pg_notify('hestia_directory', 'forged')",
      revoked("pg_notify(text, text)"),
    ],
    [
      "forge a barrier in the write-ahead log",
      "select pg_logical_emit_message(true, 'hestia', 'barrier')",
      revoked("pg_logical_emit_message(boolean, text, text, boolean)"),
    ],
    [
      "run hidden SQL by query_to_xml",
      "select query_to_xml('select 1', false, false, '')",
      revoked("query_to_xml(text, boolean, boolean, text)"),
    ],
    [
      "run hidden SQL by ts_stat",
      "select * from ts_stat('select to_tsvector(''a'')')",
      revoked("ts_stat(text)"),
    ],
    ["export a snapshot", "select pg_export_snapshot()", revoked("pg_export_snapshot()")],
  ].map(
    ([name, text, guard]): Attack => ({
      name: name as string,
      models: all,
      guards: [guard as Guard],
      ruled: false,
      run: (stage) => accepted(stage, text as string),
    }),
  ),
];

/** Runs the work while the victim's statement is under way on a connection of its own. */
async function whileVictimRuns(
  stage: Stage,
  work: (pid: number) => Promise<boolean>,
): Promise<boolean> {
  const client = await stage.victimClient();
  const { processID: pid } = client as unknown as { processID: number };
  const running = client.query("select 'iban-DE89', pg_sleep(30)").catch(() => {});
  try {
    for (;;) {
      const { rows } = await stage.world.superuser.query(
        "select state from pg_stat_activity where pid = $1 and query like '%iban-DE89%'",
        [pid],
      );
      if (rows[0]?.state === "active") return await work(pid);
    }
  } finally {
    await stage.world.superuser.query("select pg_terminate_backend($1)", [pid]);
    await running;
  }
}

const sealing: Attack[] = [
  {
    name: "read the digests of the scope keys",
    models: all,
    guards: [
      {
        name: "hestia.scopes is unreadable",
        off: ["grant select on hestia.scopes to {{app}}"],
        on: ["revoke select on hestia.scopes from {{app}}"],
      },
    ],
    ruled: false,
    run: (stage) => accepted(stage, "select from hestia.scopes"),
  },
  {
    name: "issue a key for another tenant",
    models: all,
    guards: [
      {
        name: "only the directory issues keys",
        off: ["grant execute on function hestia.issue(bytea, uuid) to {{app}}"],
        on: ["revoke execute on function hestia.issue(bytea, uuid) from {{app}}"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      (await stage.attack("select hestia.issue(sha256('mine'), (select '«attacker»'::uuid))"))
        .error !== "42501",
  },
  {
    name: "end another tenant's suspension",
    models: all,
    guards: [
      {
        name: "only the owner sets states",
        off: ["grant execute on function hestia.set_state(uuid, text) to {{app}}"],
        on: ["revoke execute on function hestia.set_state(uuid, text) from {{app}}"],
      },
    ],
    ruled: false,
    // Past the right to call it, the tables behind it refuse: that it runs at all is enough.
    run: async (stage) =>
      !/function set_state/.test(
        (await stage.attack("select hestia.set_state('«victim»', 'active')")).message ?? "",
      ),
  },
  {
    name: "make a temporary table that shadows a real one",
    models: all,
    guards: [
      {
        name: "TEMPORARY is not granted",
        off: [
          "grant temporary on database «victim.database» to public",
          "grant temporary on database «attacker.database» to public",
        ],
        on: [
          "revoke temporary on database «victim.database» from public",
          "revoke temporary on database «attacker.database» from public",
        ],
      },
    ],
    ruled: true,
    run: (stage) => accepted(stage, "create temporary table orders (id bigint)"),
  },
  {
    name: "make a table of one's own",
    models: all,
    guards: [
      {
        name: "CREATE is not granted",
        off: ["grant create on schema «attacker.place» to {{app}}"],
        on: ["revoke create on schema «attacker.place» from {{app}}"],
      },
    ],
    ruled: false,
    run: async (stage) => {
      const made = await accepted(stage, "select * into stolen from orders");
      return made;
    },
  },
  {
    name: "have keys written to the server's log as parameters",
    models: together,
    guards: [
      {
        name: "parameters of the login are not logged",
        off: [(world) => asRole(world, "set log_parameter_max_length = -1")],
        on: [(world) => asRole(world, "reset log_parameter_max_length")],
      },
    ],
    ruled: false,
    run: async (stage) => {
      const client = await stage.world.rawClient(stage.attacker);
      const { rows } = await client.query(
        "select current_setting('log_parameter_max_length') as v",
      );
      return rows[0]?.v !== "0";
    },
  },
];

async function asRole(world: Stage["world"], setting: string): Promise<void> {
  await world.superuser.query(
    `alter role ${world.rolePrefix}_app_1 in database ${world.victim.database} ${setting}`,
  );
}

const connecting: Attack[] = [
  "«victim.database»",
  "postgres",
  "template1",
  "the platform",
  "the data database",
].map(
  (name): Attack => ({
    name: `connect from a tenant's own database to ${name.replace(/[«»]/g, "")}`,
    models: ["database"],
    guards: [
      {
        name: "CONNECT is revoked",
        off: [(world) => withConnect(world, name, "grant", "to")],
        on: [(world) => withConnect(world, name, "revoke", "from")],
      },
    ],
    ruled: false,
    run: async (stage) => {
      try {
        const client = await stage.world.rawClient(stage.attacker, {
          database: databaseNamed(stage.world, name),
        });
        await client.end();
        return true;
      } catch (error) {
        // Past CONNECT the library's own statement may be missing there: it got in.
        return (error as { code?: string }).code !== "42501";
      }
    },
  }),
);

function databaseNamed(world: Stage["world"], name: string): string {
  if (name === "the platform") return databaseOf(world.clone.databaseUrl);
  if (name === "the data database") return world.clone.dataDatabase;
  return name === "«victim.database»" ? world.victim.database : name;
}

async function withConnect(
  world: Stage["world"],
  name: string,
  verb: string,
  preposition: string,
): Promise<void> {
  await world.superuser.query(
    `${verb} connect on database ${databaseNamed(world, name)} ${preposition} ${world.attacker.database}`,
  );
}

/** Every attack. */
export const attacks: readonly Attack[] = [
  ...wholeStatements,
  keyTheft,
  ...planting,
  ...switching,
  ...reading,
  ...writing,
  ...asking,
  ...counting,
  ...signalling,
  ...sealing,
  ...connecting,
];
