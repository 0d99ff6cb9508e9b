// Writing into another tenant: inserting, changing, taking, giving, referring; and that one's own rows can be written,
// without which a refusal would prove nothing.

import pg from "pg";
import type { Key, Reference, Table } from "../catalogue.ts";
import type { TextRow } from "../drafts.ts";
import { identities, isOptional, listed, literalOf } from "../fill.ts";
import type { Stage } from "../stage.ts";
import { qualified } from "./names.ts";
import { accepted, anyRow, both, judge, type Probe } from "./probe.ts";

/** An insert of a row, for the tenant in scope or for a named one. */
function insertText(
  table: Table,
  { into, row, tenant }: { into: string; row: TextRow; tenant?: string },
): string {
  const isNumbered = identities(table).some(({ name }) => typeof row[name] === "string");
  const { columns, values } = listed(table, row, isNumbered);
  const names = [...(tenant ? ["tenant_id"] : []), ...columns];
  const all = [...(tenant ? [`'${tenant}'`] : []), ...values];
  return names.length === 0
    ? `insert into ${into} default values`
    : `insert into ${into} (${names.join(", ")}) ${isNumbered ? "overriding system value " : ""}values (${all.join(", ")})`;
}

/** The probes of one table that has rows of both. */
export function writingProbes(stage: Stage, table: Table): Probe[] {
  const rows = stage.rowsOf(table.name);
  if (!rows) return [];
  const into = qualified(stage.victim.place, table.name);
  const own = qualified(stage.attacker.place, table.name);
  const { attacker, victim } = stage;
  const theirs = `tenant_id = '${victim.id}'`;
  const foreign = insertText(table, { into, row: rows.victim.spare, tenant: victim.id });
  const first = rows.victim.rows[0] ?? {};
  const taken = insertText(table, { into, row: first, tenant: victim.id });
  const texts: [name: string, text: string][] = [
    ["insert a row that names another tenant", foreign],
    ["insert a row that names another tenant, and return it", `${foreign} returning *`],
    ["insert over another tenant's row", `${taken} on conflict do nothing returning *`],
    ["update another tenant's rows", `update ${into} set tenant_id = tenant_id where ${theirs}`],
    [
      "update another tenant's rows, and return them",
      `update ${into} set tenant_id = tenant_id where ${theirs} returning *`,
    ],
    [
      "take another tenant's rows",
      `update ${into} set tenant_id = '${attacker.id}' where ${theirs}`,
    ],
    ["delete another tenant's rows", `delete from ${into} where ${theirs} returning *`],
    [
      "merge into another tenant's rows",
      `merge into ${into} t using (values ('${victim.id}'::uuid)) s (id) on t.tenant_id = s.id when matched then update set tenant_id = t.tenant_id`,
    ],
    ["give one's own rows to another tenant", `update ${own} set tenant_id = '${victim.id}'`],
    ...orphans(table, { into, row: rows.victim.spare, tenant: victim.id }),
    ...upserts(table, { into, row: first, victim: victim.id }),
    ...(into === own
      ? []
      : [
          [
            "write a row of one's own into another tenant's place",
            insertText(table, { into, row: withoutParents(table, rows.attacker.spare) }),
          ] as [string, string],
        ]),
  ];
  return [
    ...texts.map(
      ([name, text]): Probe => ({
        group: "rows",
        name,
        object: table.name,
        ways: both,
        run: async (on, way) => judge(await on.attack(way, text), anyRow),
      }),
    ),
    truncating(table, into),
    copyingIn(table, into),
    ...table.keys.filter(({ columns }) => columns.length > 0).map((key) => keyOracle(table, key)),
    ...table.references.flatMap((reference) => referring(stage, table, reference)),
    ...controls(table, own, rows.attacker.spare),
  ];
}

/** The row with every reference empty that may be: no foreign key stands before the policy then. */
function withoutParents(table: Table, row: TextRow): TextRow {
  const names = table.references
    .filter((reference) => isOptional(table, reference))
    .flatMap(({ columns }) =>
      columns.filter((name) => table.columns.find((each) => each.name === name)?.notNull === false),
    );
  return { ...row, ...Object.fromEntries(names.map((name) => [name, null])) };
}

function orphans(table: Table, insert: Parameters<typeof insertText>[1]): [string, string][] {
  const row = withoutParents(table, insert.row);
  return Object.keys(row).every((name) => row[name] === insert.row[name])
    ? []
    : [
        [
          "insert a row without parents that names another tenant",
          insertText(table, { ...insert, row }),
        ],
      ];
}

/** With the tenant in the conflict's columns the row that is found would be the victim's. */
function upserts(
  table: Table,
  { into, row, victim }: { into: string; row: TextRow; victim: string },
): [string, string][] {
  const key = table.keys.find(({ isPrimary }) => isPrimary);
  if (!key || key.columns.length === 0) return [];
  const target = ["tenant_id", ...key.columns.map((each) => pg.escapeIdentifier(each))].join(", ");
  const insert = insertText(table, { into, row, tenant: victim });
  return [
    [
      "upsert over another tenant's row",
      `${insert} on conflict (${target}) do update set tenant_id = excluded.tenant_id`,
    ],
  ];
}

function truncating(table: Table, into: string): Probe {
  return {
    group: "rows",
    name: "empty the table for everyone",
    object: table.name,
    ways: both,
    run: async (on, way) => judge(await on.attack(way, `truncate ${into} cascade`), accepted),
  };
}

/** PostgreSQL does not copy into a table under row security; where it begins to, no policy stands before the rows. */
function copyingIn(table: Table, into: string): Probe {
  return {
    group: "rows",
    name: "copy rows in",
    object: table.name,
    ways: ["raw"],
    run: async (on) => {
      const { error, message } = await on.attack("raw", `copy ${into} from stdin`);
      return error === "0A000" || error === "42501" ? undefined : (message ?? accepted());
    },
  };
}

/** A row of one's own with the victim's values in a unique key: "duplicate" would say that the victim has them. */
function keyOracle(table: Table, key: Key): Probe {
  return {
    group: "oracles",
    name: `learn of a foreign row from the unique key ${key.name}`,
    object: table.name,
    ways: both,
    run: async (on, way) => {
      const rows = on.rowsOf(table.name);
      const [theirs] = rows?.victim.rows ?? [];
      if (!rows || !theirs) return undefined;
      const has = (row: TextRow) => key.columns.every((name) => row[name] === theirs[name]);
      // Where there are few values both tenants have them, and a duplicate is one's own.
      if (rows.attacker.rows.some(has)) return undefined;
      const row = { ...rows.attacker.spare };
      for (const name of key.columns) row[name] = theirs[name] ?? null;
      const into = qualified(on.attacker.place, table.name);
      const { error, message } = await on.attack(way, insertText(table, { into, row }));
      return error === "23505" || error === "23P01" ? message : undefined;
    },
  };
}

/** One's own row is made to refer to the victim's. */
function referring(stage: Stage, table: Table, reference: Reference): Probe[] {
  const { schema, table: target, columns, targetColumns, name } = reference;
  if (schema !== stage.victim.place && schema !== stage.attacker.place) return [];
  return [
    {
      group: "rows",
      name: `refer to another tenant's row by the foreign key ${name}`,
      object: table.name,
      ways: ["raw"],
      run: async (on) => {
        const parents = on.rowsOf(target);
        const [theirs] = parents?.victim.rows ?? [];
        const values = targetColumns.map((column) => theirs?.[column] ?? null);
        const isOwn = parents?.attacker.rows.some((row) =>
          targetColumns.every((column, at) => row[column] === values[at]),
        );
        if (!theirs || isOwn || values.includes(null)) return undefined;
        const changes = columns.map(
          (column, at) => `${pg.escapeIdentifier(column)} = ${literalOf(values[at])}`,
        );
        const own = qualified(on.attacker.place, table.name);
        const text = `set constraints all immediate; update ${own} set ${changes.join(", ")}`;
        return judge(await on.attack("raw", text), anyRow, ["23505", "428C9"]);
      },
    },
  ];
}

/** A tenant works with its own rows as it likes. */
function controls(table: Table, own: string, spare: TextRow): Probe[] {
  const expects: [name: string, text: string][] = [
    ["one's own rows are seen", `select from ${own}`],
    ["one's own rows are updated", `update ${own} set tenant_id = tenant_id`],
    ["a row of one's own is inserted", insertText(table, { into: own, row: spare })],
    ["one's own rows are locked", `select from ${own} for update`],
  ];
  return expects.map(([name, text]) => ({
    group: "controls",
    name,
    object: table.name,
    ways: ["library"],
    run: async (on, way) => {
      const { rowCount, error, message } = await on.attack(way, text);
      return rowCount > 0 ? undefined : (message ?? error ?? "no row");
    },
  }));
}

/** Tables that all tenants read, and none may write. */
export function sharedProbes(table: Table): Probe[] {
  const name = qualified("shared", table.name);
  const column = pg.escapeIdentifier(table.columns[0]?.name ?? "");
  const texts: [string, string][] = [
    ["insert into a shared table", `insert into ${name} default values`],
    ["update a shared table", `update ${name} set ${column} = ${column}`],
    ["delete from a shared table", `delete from ${name}`],
    ["empty a shared table", `truncate ${name} cascade`],
  ];
  return texts.map(([claim, text]) => ({
    group: "shared",
    name: claim,
    object: table.name,
    ways: both,
    run: async (on, way) => {
      const outcome = await on.attack(way, text);
      // Past the right to write, a row may still be unfit: that it was looked at is enough.
      return outcome.error === "23502" || outcome.error === "23505"
        ? outcome.message
        : judge(outcome, accepted);
    },
  }));
}
