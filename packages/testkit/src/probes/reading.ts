// Reading another tenant's rows of one table, in every form that a statement has.

import pg from "pg";
import type { Table } from "../catalogue.ts";
import { literalOf } from "../fill.ts";
import type { Stage, Way } from "../stage.ts";
import { qualified } from "./names.ts";
import { anyRow, both, counted, judge, type Probe } from "./probe.ts";

type Told = (stage: Stage, table: string) => string;

const theirs = ({ victim }: Stage) => `tenant_id = '${victim.id}'`;

const forms: readonly [name: string, ways: readonly Way[], text: Told][] = [
  ["read another tenant's rows", both, (s, t) => `select * from ${t} where ${theirs(s)}`],
  [
    "read every row that is not one's own",
    both,
    (s, t) => `select from ${t} where tenant_id is distinct from '${s.attacker.id}'`,
  ],
  [
    "read foreign rows in a common table expression",
    both,
    (s, t) => `with x as (select * from ${t} where ${theirs(s)}) select from x`,
  ],
  [
    "read foreign rows by a lateral join",
    both,
    (s, t) => `select from (values (1)) v, lateral (select * from ${t} where ${theirs(s)}) x`,
  ],
  [
    "read foreign rows by a sample",
    both,
    (s, t) => `select from ${t} tablesample system (100) where ${theirs(s)}`,
  ],
  ["lock another tenant's rows", both, (s, t) => `select from ${t} where ${theirs(s)} for update`],
  [
    "copy another tenant's rows out",
    both,
    (s, t) => `copy (select * from ${t} where ${theirs(s)}) to stdout`,
  ],
  [
    "read foreign rows by a cursor",
    ["raw"],
    (s, t) =>
      `declare probe cursor for select * from ${t} where ${theirs(s)}; fetch all in probe; close probe`,
  ],
  [
    "read foreign rows by a prepared statement",
    ["raw"],
    (s, t) =>
      `prepare probe as select * from ${t} where ${theirs(s)}; execute probe; deallocate probe`,
  ],
];

const counts: readonly [name: string, text: Told][] = [
  [
    "count another tenant's rows in a sub-select",
    (s, t) => `select (select count(*) from ${t} where ${theirs(s)}) as n`,
  ],
  [
    "switch the tenant in a common table expression",
    (s, t) =>
      `with x as materialized (select set_config('hestia.tenant', '${s.victim.id}', true)) select count(*) filter (where ${theirs(s)}) as n from x, ${t}`,
  ],
  [
    "switch the tenant in a sub-select",
    (s, t) =>
      `select set_config('hestia.tenant', '${s.victim.id}', true), (select count(*) from ${t} where ${theirs(s)}) as n`,
  ],
  [
    "enter another tenant's scope by its id",
    (s, t) =>
      `with x as materialized (select hestia.enter('${s.victim.id}')) select count(*) filter (where ${theirs(s)}) as n from x, ${t}`,
  ],
];

/** The probes of one table. */
export function readingProbes(stage: Stage, table: Table): Probe[] {
  const name = qualified(stage.victim.place, table.name);
  const common = { group: "rows", object: table.name };
  const judged = [
    ...forms.map(([form, ways, text]) => ({ form, ways, text, leaks: anyRow })),
    ...counts.map(([form, text]) => ({ form, ways: both, text, leaks: counted })),
  ];
  return [
    ...judged.map(
      ({ form, ways, text, leaks }): Probe => ({
        ...common,
        name: form,
        ways,
        run: async (on, way) => judge(await on.attack(way, text(on, name)), leaks),
      }),
    ),
    { ...common, ...byKey(table, name) },
    { ...common, ...withoutScope(name) },
    { ...common, ...withOwnersRights(name) },
    { ...common, ...byErrors(name) },
    { ...common, ...bySpoiltScope(stage, name) },
  ];
}

type Bare = Omit<Probe, "group" | "object">;

function byKey(table: Table, name: string): Bare {
  return {
    name: "read a foreign row by its key",
    ways: both,
    run: async (on, way) => {
      const row = on.rowsOf(table.name)?.victim.rows[0];
      const columns = table.keys[0]?.columns ?? [];
      if (!row || columns.length === 0) return undefined;
      const where = columns.map(
        (column) => `${pg.escapeIdentifier(column)} = ${literalOf(row[column])}`,
      );
      const text = `select from ${name} where ${where.join(" and ")} and tenant_id <> '${on.attacker.id}'`;
      return judge(await on.attack(way, text), anyRow);
    },
  };
}

function withoutScope(name: string): Bare {
  return {
    name: "read without a scope",
    ways: ["raw"],
    run: async (on) => judge(await on.raw(undefined, `select from ${name} limit 1`), anyRow),
  };
}

/** What a definer's function, a trigger or a view of the owner's sees. */
function withOwnersRights(name: string): Bare {
  return {
    name: "read foreign rows with the owner's rights",
    ways: ["raw"],
    run: async (on) =>
      judge(await on.asOwner(`select from ${name} where tenant_id <> '${on.attacker.id}'`), anyRow),
  };
}

/** A division that fails on the victim's rows alone: an error says that a row was looked at before the policy. */
function byErrors(name: string): Bare {
  return {
    name: "tell foreign rows from the error of a condition",
    ways: both,
    run: async (on, way) => {
      const divisor = `case when ${theirs(on)} then 0 else 1 end`;
      const outcome = await on.attack(way, `select from ${name} where 1 / (${divisor}) > 0`);
      return outcome.error === "22012" ? outcome.message : judge(outcome, () => undefined);
    },
  };
}

/** PostgreSQL asks leakproof conditions before the policy: should the policy then raise, a row met them. */
function bySpoiltScope(stage: Stage, name: string): Bare {
  return {
    name: "tell what stands in a foreign row from the policy's error",
    ways: both,
    run: async (on, way) => {
      const { rows } = await on.admin.query(
        `select ctid::text from ${name} where tenant_id = '${stage.victim.id}' limit 1`,
      );
      if (rows.length === 0) return undefined;
      const ask = async (condition: string) =>
        (
          await on.attack(
            way,
            `with x as materialized (select set_config('hestia.scope', 'spoilt', true) as v)
             select (select count(*) from ${name} where ctid = '${rows[0]?.ctid}' and tenant_id ${condition}) from x where v is not null`,
          )
        ).error;
      const [absent, present] = [await ask("is null"), await ask("is not null")];
      return absent === present ? undefined : `${absent ?? "no error"}, ${present ?? "no error"}`;
    },
  };
}
