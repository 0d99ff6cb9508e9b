// Rights on what the server brings, the roles, and the scope itself, weakened. Roles are the copy's own: those of the real
// installation belong to the server, and are never touched.

import pg from "pg";
import type { Mutation, RoleNames } from "./mutation.ts";
import type { Stage } from "./stage.ts";

const granted = (signature: string): Pick<Mutation, "harm" | "heal" | "object"> => ({
  object: "",
  harm: [`grant execute on function ${signature} to public`],
  heal: [`revoke execute on function ${signature} from public`],
});

/** Roles, rights on what the server brings, and the scope itself. Roles are the copy's own. */
export function sessionMutations(stage: Stage, { app }: RoleNames): Mutation[] {
  const login = pg.escapeIdentifier(stage.attacker.login.user);
  const database = pg.escapeIdentifier(stage.attacker.database);
  const own = pg.escapeIdentifier(stage.attacker.place);
  const object = "";
  const others: Mutation[] = [
    { name: "let tenants set settings", ...granted("pg_catalog.set_config(text, text, boolean)") },
    { name: "let tenants take advisory locks", ...granted("pg_catalog.pg_advisory_lock(bigint)") },
    { name: "let tenants notify", ...granted("pg_catalog.pg_notify(text, text)") },
    { name: "let tenants keep large objects", ...granted("pg_catalog.lo_from_bytea(oid, bytea)") },
    {
      name: "let tenants run hidden SQL",
      ...granted("pg_catalog.query_to_xml(text, boolean, boolean, text)"),
    },
    { name: "let tenants watch sessions", ...granted("pg_catalog.pg_stat_get_activity(integer)") },
    { name: "let tenants issue keys", ...granted("hestia.issue(bytea, uuid)") },
    {
      ...{ name: "let tenants run procedures", object },
      harm: ["grant usage on language plpgsql to public"],
      heal: ["revoke usage on language plpgsql from public"],
    },
    {
      ...{ name: "let tenants read the catalogue", object },
      harm: ["grant select on pg_catalog.pg_class to public"],
      heal: ["revoke select on pg_catalog.pg_class from public"],
    },
    {
      ...{ name: "let tenants read the keys' digests", object },
      harm: [`grant select on hestia.scopes to ${app}`],
      heal: [`revoke select on hestia.scopes from ${app}`],
    },
    {
      ...{ name: "let tenants make temporary tables", object },
      harm: [`grant temporary on database ${database} to ${login}`],
      heal: [`revoke temporary on database ${database} from ${login}`],
    },
    {
      ...{ name: "let tenants make tables", object },
      harm: [`grant create on schema ${own} to ${app}`],
      heal: [`revoke create on schema ${own} from ${app}`],
    },
    {
      ...{ name: "have parameters logged", object },
      harm: [`alter role ${login} in database ${database} set log_parameter_max_length = -1`],
      heal: [`alter role ${login} in database ${database} reset log_parameter_max_length`],
    },
  ];
  const victims = pg.escapeIdentifier(stage.victim.database);
  return stage.attacker.isolation === "database"
    ? [
        ...others,
        {
          ...{ name: "let a tenant connect to another's database", object },
          harm: [`grant connect on database ${victims} to ${login}`],
          heal: [`revoke connect on database ${victims} from ${login}`],
        },
      ]
    : [
        {
          ...{ name: "let the application's login bypass row security", object: anyTable(stage) },
          harm: [`alter role ${login} bypassrls`],
          heal: [`alter role ${login} nobypassrls`],
        },
        unsealed(stage),
        ...others,
      ];
}

const anyTable = ({ attacker }: Stage) => attacker.filled.tables[0]?.table.name ?? "";

/** The policy's question answered by the plain id, and the right to set it. */
function unsealed(stage: Stage): Mutation {
  const scope = `create or replace function hestia.scope(placement text) returns uuid
    language plpgsql stable parallel restricted security definer as`;
  return {
    ...{ name: "answer the policies by a plain setting", object: anyTable(stage) },
    lift: ["grant execute on function pg_catalog.set_config(text, text, boolean) to public"],
    harm: [
      "create temporary table hestia_kept as select pg_get_functiondef('hestia.scope(text)'::regprocedure) as text",
      `${scope} $$ begin return nullif(pg_catalog.current_setting('hestia.tenant', true), '')::pg_catalog.uuid; end $$`,
    ],
    heal: [
      "do $$ begin execute (select text from hestia_kept); end $$",
      "drop table hestia_kept",
      "revoke execute on function pg_catalog.set_config(text, text, boolean) from public",
    ],
  };
}
