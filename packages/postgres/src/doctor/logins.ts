// The roles of an installation: that those which carry tenants' statements own nothing, inherit nothing and pass no
// policy, and that their sessions are bounded and leave no scope key in the server's log.

import { quoted } from "../cluster/identifiers.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";

const attributes = {
  rolsuper: "superuser",
  rolcreatedb: "createdb",
  rolcreaterole: "createrole",
  rolreplication: "replication",
  rolbypassrls: "bypassrls",
} as const;

type Role = { name: string; login: boolean } & Record<keyof typeof attributes, boolean>;

async function findAttributes({ installation, query }: Catalogue): Promise<Fault[]> {
  const { app, owner, directory, tenant, system } = installation.roles;
  const found = await query<Role>(
    `select rolname as name, rolcanlogin as login, ${Object.keys(attributes).join(", ")}
     from pg_roles where rolname = any ($1) order by 1`,
    [[app, owner, directory, tenant, system, ...installation.logins]],
  );
  const nologin = [app, owner, tenant, system];
  return found.flatMap((role) => {
    const excess = [
      ...(Object.keys(attributes) as (keyof typeof attributes)[])
        .filter((each) => role[each] && !(role.name === system && each === "rolbypassrls"))
        .map((each) => attributes[each]),
      ...(role.login && nologin.includes(role.name) ? ["login"] : []),
    ];
    if (excess.length === 0) return [];
    return [
      {
        object: `role ${role.name}`,
        why: `It has ${excess.join(", ")}: with that it could pass or rewrite what keeps tenants apart.`,
        cure: `alter role ${quoted(role.name)} ${excess.map((each) => `no${each}`).join(" ")};`,
      },
    ];
  });
}

async function findMemberships({ installation, query }: Catalogue): Promise<Fault[]> {
  const { app, directory } = installation.roles;
  const found = await query<{ member: string; role: string }>(
    `select pg_get_userbyid(m.member) as member, pg_get_userbyid(m.roleid) as role
     from pg_auth_members m
     where pg_get_userbyid(m.member) = any ($1)
       and not (pg_get_userbyid(m.roleid) = $2 and pg_get_userbyid(m.member) = any ($3))
     order by 1, 2`,
    [[app, directory, ...installation.logins], app, installation.logins],
  );
  return found.map(({ member, role }) => ({
    object: `role ${member}`,
    why: `It is a member of ${role} and may do whatever that may.`,
    cure: `revoke ${quoted(role)} from ${quoted(member)};`,
  }));
}

type Expected = {
  readonly cure: string;
  readonly holds: (value: string) => boolean;
  readonly severity: "error" | "warning";
  readonly why: string;
  /** Whether only a superuser may set it. */
  readonly needsSuperuser?: true;
};

const isOn = (value: string) => !["0", "-1", "0s", "0ms", ""].includes(value);

const expectedSettings: Record<string, Expected> = {
  log_parameter_max_length: {
    cure: "0",
    holds: (value) => value === "0",
    severity: "error",
    why: "A statement that is logged would be logged with its scope key.",
    needsSuperuser: true,
  },
  log_parameter_max_length_on_error: {
    cure: "0",
    holds: (value) => value === "0",
    severity: "error",
    why: "A statement that fails would be logged with its scope key.",
  },
  cpu_operator_cost: {
    cure: "0",
    holds: (value) => Number(value) === 0,
    severity: "error",
    why: "The planner may let a tenant's cheap conditions, and the errors they raise, go before the policy's.",
  },
  statement_timeout: {
    cure: "'30s'",
    holds: isOn,
    severity: "warning",
    why: "One tenant's statement may run for ever.",
  },
  lock_timeout: {
    cure: "'5s'",
    holds: isOn,
    severity: "warning",
    why: "One tenant's statement may wait for a lock for ever.",
  },
  idle_in_transaction_session_timeout: {
    cure: "'10s'",
    holds: isOn,
    severity: "warning",
    why: "A transaction that its caller forgot keeps its locks for ever.",
  },
  temp_file_limit: {
    cure: "'2GB'",
    holds: (value) => value !== "-1",
    severity: "warning",
    why: "One tenant's statement may fill the disk with temporary files.",
    needsSuperuser: true,
  },
  search_path: {
    cure: "app, shared, pg_temp",
    holds: (value) => /(^|, *)"?pg_temp"?$/.test(value),
    severity: "warning",
    why: "pg_temp must be named, and last, so that no temporary table stands before a tenant's.",
  },
};

type Setting = { login: string; name: string; value: string; local: boolean; database: string };

/** What a new session of each login gets in the database where it belongs. */
async function findSettings(
  { installation, query }: Catalogue,
  names: readonly string[],
): Promise<Fault[]> {
  const found = await query<Setting>(
    `select distinct on (r.rolname, s.name) r.rolname as login, s.name, d.datname as database,
       coalesce(x.value, s.reset_val) as value, coalesce(x.rank = 3, false) as local
     from pg_roles r
     join pg_database d on d.datname = case when r.rolname = any ($3) then r.rolname else $4 end
     cross join (select name, reset_val from pg_settings where name = any ($2)) s
     left join lateral (
       select substr(c.entry, strpos(c.entry, '=') + 1) as value,
         case when o.setrole <> 0 and o.setdatabase <> 0 then 3 when o.setrole <> 0 then 2 else 1 end as rank
       from pg_db_role_setting o cross join unnest(o.setconfig) c (entry)
       where o.setrole in (0, r.oid) and o.setdatabase in (0, d.oid) and split_part(c.entry, '=', 1) = s.name
     ) x on true
     where r.rolname = any ($1)
     order by r.rolname, s.name, x.rank desc nulls last`,
    [
      installation.logins,
      names,
      [...installation.databases].filter(([, kind]) => kind === "tenant").map(([name]) => name),
      [...installation.databases].find(([, kind]) => kind === "data")?.[0],
    ],
  );
  return found.flatMap(({ login, name, value, local, database }) => {
    const expected = expectedSettings[name];
    if (expected === undefined || expected.holds(value)) return [];
    const reset = `alter role ${quoted(login)} in database ${quoted(database)} reset ${name};\n`;
    return [
      {
        object: `setting ${name} of ${login}`,
        why: `It is ${value || "empty"}. ${expected.why}`,
        cure: `${local ? reset : ""}alter role ${quoted(login)} set ${name} = ${expected.cure};`,
        severity: expected.severity,
      },
    ];
  });
}

const settingNames = (needsSuperuser: boolean) =>
  Object.keys(expectedSettings).filter(
    (name) => (expectedSettings[name]?.needsSuperuser === true) === needsSuperuser,
  );

/** The roles of an installation. */
export const loginChecks: readonly Check[] = [
  { name: "role-attributes", on: ["platform"], severity: "error", find: findAttributes },
  { name: "role-memberships", on: ["platform"], severity: "error", find: findMemberships },
  {
    name: "login-settings",
    on: ["platform"],
    severity: "warning",
    find: (catalogue) => findSettings(catalogue, settingNames(false)),
  },
  {
    name: "hardened-settings",
    on: ["platform"],
    severity: "error",
    needsSuperuser: true,
    find: (catalogue) => findSettings(catalogue, settingNames(true)),
  },
];
