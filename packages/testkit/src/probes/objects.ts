// Views, functions and sequences: whatever a tenant may touch beside tables must not carry another tenant's values.

import { isUuid } from "@hestia/core";
import pg from "pg";
import type { Routine, Sequence, View } from "../catalogue.ts";
import type { Stage } from "../stage.ts";
import { candidatesOf, uuidOf } from "../values.ts";
import { qualified } from "./names.ts";
import { accepted, anyRow, both, judge, type Probe } from "./probe.ts";

/** Texts that only the victim's rows can have: its id, and values that were made with its token. */
export function markersOf({ victim }: Pick<Stage, "victim">): string[] {
  const { tables, token } = victim.filled;
  const made = uuidOf(0, token).slice(0, 8);
  const values = tables.flatMap(({ rows }) => rows.flatMap((row) => Object.values(row)));
  const own = values.filter(
    (value): value is string =>
      value !== null && (value.includes(token) || (value.startsWith(made) && isUuid(value))),
  );
  return [victim.id, ...new Set(own)];
}

/** The first marker in a text. */
const markerIn = (text: string, markers: readonly string[]): string | undefined =>
  markers.find((marker) => text.includes(marker));

/** What a relation shows of the victim. */
export function viewProbes(stage: Stage, { schema, name }: View): Probe[] {
  const markers = markersOf(stage);
  const relation = qualified(schema, name);
  return [
    {
      group: "views",
      name: "read foreign values through a view",
      object: name,
      ways: both,
      run: async (on, way) =>
        judge(await on.attack(way, `select v::text as text from ${relation} v`), ({ rows }) =>
          markerIn(rows.map(({ text }) => text).join("\n"), markers),
        ),
    },
  ];
}

/** What a function returns of the victim, asked for with the victim's own values where the types allow it. */
export function routineProbes(stage: Stage, routine: Routine): Probe[] {
  const markers = markersOf(stage);
  return [
    {
      group: "functions",
      name: "have a function tell foreign values",
      object: routine.signature,
      ways: routine.isProcedure ? ["raw"] : both,
      run: async (on, way) => {
        const outcome = await on.attack(way, callText(on, routine));
        // What a function refuses by itself is held; that it may not be called at all as well.
        return outcome.error
          ? undefined
          : markerIn(outcome.rows.map(({ text }) => text).join("\n"), markers);
      },
    },
  ];
}

/** A call with values for every argument. */
export function callText(stage: Stage, routine: Routine): string {
  const values = routine.types.map((type) => argumentOf(stage, type));
  const call = `${qualified(routine.schema, routine.name)}(${values.join(", ")})`;
  return routine.isProcedure ? `call ${call}` : `select f::text as text from ${call} f`;
}

function argumentOf({ victim }: Stage, type: string): string {
  const known = victim.filled.tables.flatMap(({ table, rows }) =>
    table.columns
      .filter((column) => column.type === type)
      .flatMap(({ name }) => rows[0]?.[name] ?? []),
  );
  const plain = {
    ...{ name: "", type, base: baseOf(type), isArray: type.endsWith("[]"), notNull: false },
    ...{ hasDefault: false, identity: "", generated: false, labels: null, lengthMax: null },
    ...{ precision: null, scale: null, domainChecks: [] },
  };
  const value = known[0] ?? candidatesOf(plain, 1, "probe", [])[0] ?? null;
  return value === null ? `null::${type}` : `${pg.escapeLiteral(value)}::${type}`;
}

const bases: Record<string, string> = {
  integer: "int4",
  bigint: "int8",
  smallint: "int2",
  boolean: "bool",
  "character varying": "varchar",
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
};
const baseOf = (type: string) => {
  const bare = type.replace(/\[\]$/, "");
  return bases[bare] ?? bare;
};

/** A sequence tells how much the others insert. */
export function sequenceProbes({ schema, name }: Sequence): Probe[] {
  const sequence = qualified(schema, name);
  const literal = pg.escapeLiteral(sequence);
  return [
    ["read a sequence", `select last_value from ${sequence}`],
    ["move a sequence", `select nextval(${literal})`],
    ["set a sequence", `select setval(${literal}, 1)`],
  ].map(([claim = "", text = ""]) => ({
    group: "sequences",
    name: claim,
    object: name,
    ways: both,
    run: async (on, way) => judge(await on.attack(way, text), accepted),
  }));
}

/** Functions with their owner's rights that tenants may call: none beside Hestia's own. */
export function definerProbe(): Probe {
  return {
    group: "functions",
    name: "find a function that runs with another's rights",
    object: "",
    ways: ["raw"],
    run: async ({ admin, attacker }) => {
      const { rows } = await admin.query<{ name: string }>(
        `select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema', 'hestia')
           and has_function_privilege($1, p.oid, 'execute') and has_schema_privilege($1, n.oid, 'usage')`,
        [attacker.login.user],
      );
      return rows.length > 0 ? rows.map(({ name }) => name).join(", ") : undefined;
    },
  };
}

/** A partition that is read past its parent. */
export function partitionProbe(schema: string, name: string): Probe {
  return {
    group: "rows",
    name: "read a partition past its parent",
    object: name,
    ways: both,
    run: async (on, way) =>
      judge(
        await on.attack(
          way,
          `select from ${qualified(schema, name)} where tenant_id <> '${on.attacker.id}'`,
        ),
        anyRow,
      ),
  };
}
