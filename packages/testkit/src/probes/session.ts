// The session and the server: what a tenant could leave on a connection, signal, read in catalogues and statistics, or
// reach beyond its database. None of it depends on the application's tables.

import { databaseOf } from "@hestia/postgres/cluster";
import pg from "pg";
import type { Outcome, Stage, Way } from "../stage.ts";
import { accepted, both, judge, type Probe } from "./probe.ts";

type Statement = readonly [name: string, text: string];

/** PostgreSQL lets every role say these: the rule on first tokens holds them. */
const wholeStatements: readonly Statement[] = [
  ["prepare a statement of one's own", "prepare mine as select 1"],
  ["run a statement by its prepared name", "execute mine"],
  ["deallocate the library's statements", "deallocate all"],
  ["discard the session", "discard all"],
  ["set a setting", "set synchronous_commit = off"],
  ["set the time zone", "set time zone 'Asia/Kathmandu'"],
  ["set the search path", "set search_path = pg_catalog"],
  ["set the role", "set role none"],
  ["set a setting behind comments", "/* a /* b */ */ -- c\n set synchronous_commit = off"],
  ["reset the session", "reset all"],
  ["show a setting", "show work_mem"],
  ["listen to the directory's channel", "listen hestia_directory"],
  ["notify the directory's channel", "notify hestia_directory, 'forged'"],
  ["alter the login", "alter role current_user set application_name = 'taken'"],
  ["hold a cursor open for the next tenant", "declare mine cursor with hold for select 1"],
  ["read the planner's statistics", "explain select 1"],
  ["run a block of procedures", "do $$ begin end $$"],
  ["call a procedure by itself", "call nothing()"],
  ["leave a transaction open", "begin"],
  ["end the transaction that holds the scope", "commit"],
  ["make a checkpoint", "checkpoint"],
];

/** The server refuses these whatever the library lets through. */
const refusedByServer: readonly Statement[] = [
  ["plant a setting", "select set_config('synchronous_commit', 'off', false)"],
  ["plant a time zone", "select set_config('TimeZone', 'Asia/Kathmandu', false)"],
  ["plant a search path", "select set_config('search_path', 'pg_catalog', false)"],
  ["plant a role", "select set_config('role', 'none', false)"],
  ["leave an advisory lock", "select pg_advisory_lock(4711)"],
  ["leave a shared advisory lock", "select pg_try_advisory_lock_shared(4711)"],
  ["forge a notification", "select pg_notify('hestia_directory', 'forged')"],
  ["forge a message in the write-ahead log", "select pg_logical_emit_message(true, 'hestia', 'x')"],
  ["run hidden SQL by query_to_xml", "select query_to_xml('select 1', false, false, '')"],
  ["read a foreign cursor by cursor_to_xml", "select cursor_to_xml('x', 1, false, false, '')"],
  ["dump a table by table_to_xml", "select table_to_xml('pg_catalog.pg_am', false, false, '')"],
  ["run hidden SQL by ts_stat", "select * from ts_stat('select to_tsvector(''a'')')"],
  ["make a large object", "select lo_from_bytea(0, 'a')"],
  ["read a large object", "select lo_get(1)"],
  ["open a large object", "select lo_open(1, 131072)"],
  ["export a snapshot", "select pg_export_snapshot()"],
  ["read a file of the server", "select pg_read_file('PG_VERSION')"],
  ["list files of the server", "select pg_ls_dir('.')"],
  ["probe for rows by their address", "select currtid2('pg_catalog.pg_am', '(0,1)'::tid)"],
  ["see the schemas of other tenants", "select from pg_namespace"],
  ["see the databases of other tenants", "select from pg_database"],
  ["see the logins of other tenants", "select from pg_roles"],
  ["count rows in the catalogue", "select reltuples from pg_class"],
  ["read a pinned tenant in a check", "select from pg_constraint"],
  ["read the policies", "select from pg_policies"],
  ["list schemas in the information schema", "select from information_schema.schemata"],
  ["read the planner's statistics of columns", "select from pg_stats"],
  ["read the statistics of tables", "select n_tup_ins from pg_stat_all_tables"],
  ["read the statistics of indexes", "select idx_scan from pg_stat_all_indexes"],
  ["count rows by a size on disk", "select pg_relation_size(0::regclass, 'main')"],
  ["have an object described by its number", "select pg_describe_object(0::oid, 0::oid, 0)"],
  ["watch other sessions", "select from pg_stat_activity"],
  ["watch locks", "select from pg_locks"],
  ["list prepared statements", "select from pg_prepared_statements"],
  ["list cursors", "select from pg_cursors"],
  ["cancel another's statement", "select pg_cancel_backend(0)"],
  ["end another's connection", "select pg_terminate_backend(0, 0)"],
  ["read the digests of scope keys", "select from hestia.scopes"],
  ["read the tenants of the database", "select from hestia.tenants"],
  ["read the password file of roles", "select from pg_authid"],
];

/** PostgreSQL must refuse these, and so must the library. */
const refusedByBoth: readonly Statement[] = [
  ["run procedures past the rule", "do $$ begin perform 1; end $$"],
  ["shadow a table by a temporary one", "create temporary table hestia_shadow (id bigint)"],
  ["make a temporary table by SELECT INTO", "select 1 as id into temporary hestia_shadow"],
  ["run a program by COPY", "copy (select 1) to program 'true'"],
  ["write a file by COPY", "copy (select 1) to '/tmp/hestia-probe'"],
  ["become the owner", "set role {owner}"],
  ["become the system", "set role {system}"],
  ["switch row security off", "set session_replication_role = replica"],
];

/** The probes of the session. */
export function sessionProbes(stage: Stage): Probe[] {
  const { attacker, victim, rolePrefix } = stage;
  const own = pg.escapeIdentifier(attacker.place);
  const made: Statement[] = [
    ["make a table of one's own", `select 1 as id into ${own}.hestia_probe`],
    ["end another tenant's suspension", `select hestia.set_state('${victim.id}', 'active')`],
  ];
  const filled = refusedByBoth.map(
    ([name, text]): Statement => [
      name,
      text.replace(/\{(\w+)\}/, (_, role) => pg.escapeIdentifier(`${rolePrefix}_${role}`)),
    ],
  );
  const statement = (ways: readonly Way[], [name, text]: Statement): Probe => ({
    group: "session",
    name,
    object: "",
    ways,
    run: async (on, way) => judge(await on.attack(way, text), accepted, heldBy(name)),
  });
  return [
    ...wholeStatements.map((each) => statement(["library"], each)),
    ...[...refusedByServer, ...made, ...filled].map((each) => statement(both, each)),
    issuing(),
    spoiltLock(),
    leftovers(),
    parameters(),
    ...connections(stage),
  ];
}

/** What is not there at all, or is held by another rule than the right to call it. */
function heldBy(name: string): string[] {
  return name.startsWith("become") || name.startsWith("plant a role") ? ["22023"] : [];
}

/** Past the right to call it the function refuses only whom the database does not know. */
function issuing(): Probe {
  return {
    group: "session",
    name: "issue a key for another tenant",
    object: "",
    ways: ["raw"],
    run: async (on, way) => {
      const text = `select hestia.issue(sha256('a'), '${on.victim.id}')`;
      const { error, message } = await on.attack(way, text);
      return error === "42501" ? undefined : (message ?? accepted());
    },
  };
}

/** A table that a tenant locks against all others. */
function spoiltLock(): Probe {
  return {
    group: "session",
    name: "lock a table against everyone",
    object: "",
    ways: ["library"],
    run: async (on, way) => {
      const table = on.catalogue.tables.find(({ schema }) => schema === on.attacker.place);
      const name = pg.escapeIdentifier(table?.name ?? "orders");
      return judge(
        await on.attack(way, `lock table ${name} in share row exclusive mode`),
        accepted,
      );
    },
  };
}

const settings = [
  ...["TimeZone", "DateStyle", "search_path", "role", "synchronous_commit", "work_mem"],
  ...["statement_timeout", "lock_timeout", "row_security", "session_replication_role"],
  ...[
    "transform_null_equals",
    "default_transaction_read_only",
    "application_name",
    "temp_tablespaces",
  ],
];

const planted = [
  ["TimeZone", "Asia/Kathmandu"],
  ["DateStyle", "German"],
  ["synchronous_commit", "local"],
  ["transform_null_equals", "on"],
  ["default_transaction_read_only", "on"],
  ["search_path", "pg_catalog"],
] as const;

/** What an attacker tried to leave behind must not be there for the tenant that has the connection next. */
function leftovers(): Probe {
  const text = `select ${settings.map((name) => `current_setting('${name}', true) as "${name}"`).join(", ")}`;
  return {
    group: "session",
    name: "leave a setting to the next tenant on the connection",
    object: "",
    ways: ["library"],
    run: async ({ attacker, victim }) => {
      const seen = async () => JSON.stringify((await victim.tenant.query(text)).rows[0]);
      const before = await seen();
      for (const [name, value] of planted)
        for (const planting of [
          `select set_config('${name}', '${value}', false)`,
          `set session ${name} = '${value}'`,
        ])
          await attacker.tenant.query(planting).catch(() => {});
      const after = await seen();
      for (const [name] of planted)
        await attacker.tenant
          .query(`select set_config('${name}', $1, false)`, [JSON.parse(before)[name]])
          .catch(() => {});
      return before === after ? undefined : after;
    },
  };
}

/** A key in the server's log would open its tenant to whoever reads the log. */
function parameters(): Probe {
  return {
    group: "session",
    name: "have keys written to the server's log as parameters",
    object: "",
    ways: ["raw"],
    run: async ({ admin, attacker }) => {
      const client = new pg.Client({
        ...serverOf(admin),
        database: attacker.database,
        ...attacker.login,
      });
      await client.connect();
      const { rows } = await client.query<{ v: string }>(
        "select current_setting('log_parameter_max_length') as v",
      );
      await client.end();
      return rows[0]?.v === "0" ? undefined : `log_parameter_max_length is ${rows[0]?.v}`;
    },
  };
}

/** Where the administrator is, and how it got there: a refusal for want of TLS would prove nothing. */
function serverOf(admin: pg.Client): pg.ClientConfig {
  const { ssl } = admin as unknown as Pick<pg.ClientConfig, "ssl">;
  return { host: admin.host, port: admin.port, ssl };
}

/** A tenant's login has no business in any other database. */
function connections({ victim, attacker, admin }: Stage): Probe[] {
  const scratch = attacker.isolation === "database" ? attacker.database.split("_t_")[0] : undefined;
  const data = scratch === undefined ? attacker.database : `${scratch}_data`;
  const platform = databaseOf(`postgres://x/${data.replace(/_data$/, "")}`);
  const others = [
    ["the platform's database", platform],
    ["the template of tenants' databases", `${data}_template`],
    ["the database postgres", "postgres"],
    ["the database template1", "template1"],
    ...(attacker.isolation === "database"
      ? [
          ["another tenant's database", victim.database],
          ["the data database", data],
        ]
      : []),
  ];
  return others.map(([name, database = ""]) => ({
    group: "session",
    name: `connect to ${name}`,
    object: "",
    ways: ["raw"],
    run: async () => {
      const { user, password } = attacker.login;
      return judge(
        await tryConnecting({ ...serverOf(admin), database, user, password }),
        accepted,
        ["28000", "3D000"],
      );
    },
  }));
}

async function tryConnecting(config: pg.ClientConfig): Promise<Outcome> {
  const client = new pg.Client(config);
  client.on("error", () => {});
  try {
    await client.connect();
    await client.end();
    return { rows: [], rowCount: 0 };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { rows: [], rowCount: 0, error: code ?? "unknown", message };
  }
}
