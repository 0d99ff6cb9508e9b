// The protection, weakened one piece at a time on the scratch copy. After each the probes must fail where they held:
// that shows that they would see the hole. Where two protections stand behind each other, the other one is lifted first,
// and the probes must fail more than they did then.

import pg from "pg";
import type { Table } from "./catalogue.ts";
import { isOptional } from "./fill.ts";
import type { Mutation, RoleNames } from "./mutation.ts";
import { qualified } from "./probes/names.ts";
import type { Side } from "./scratch.ts";
import { sessionMutations } from "./session-mutations.ts";
import type { Stage } from "./stage.ts";

/** Every weakening that the stage allows; with `full` for every table, else for one of each kind. */
export function mutationsFor(stage: Stage, full: boolean): Mutation[] {
  const names = (part: string) => pg.escapeIdentifier(`${stage.rolePrefix}_${part}`);
  const roles = { app: names("app"), system: names("system"), owner: names("owner") };
  const all = stage.catalogue.tables.filter(
    ({ schema, name, isPartition }) =>
      schema === stage.victim.place && !isPartition && stage.rowsOf(name) !== undefined,
  );
  const tables = full ? all : all.slice(0, 1);
  return [
    ...tables.flatMap((table) => rowMutations(stage, table)),
    ...keyMutations(stage, all),
    ...objectMutations(stage, all[0], roles),
    ...sessionMutations(stage, roles),
  ].filter(first(full));
}

/** One of each name, unless all are asked for. */
function first(full: boolean): (mutation: Mutation) => boolean {
  const seen = new Set<string>();
  return ({ name }) => {
    if (full || !seen.has(name)) return seen.add(name) !== undefined;
    return false;
  };
}

/** Row security of one table. */
function rowMutations({ attacker, victim }: Stage, table: Table): Mutation[] {
  const name = qualified(victim.place, table.name);
  const own = qualified(attacker.place, table.name);
  const object = table.name;
  const policy = (place: string, on: string, verb: string) =>
    `${verb} policy hestia_tenant on ${on} using (tenant_id = (select hestia.scope(${pg.escapeLiteral(place)})))`;
  const restored = policy(victim.place, name, "alter");
  const open = `alter policy hestia_tenant on ${name} using (true)`;
  const dropped: Mutation = {
    ...{ name: "drop a policy", object },
    harm: [`drop policy hestia_tenant on ${own}`],
    heal: [policy(attacker.place, own, "create")],
  };
  // Where a row must have a parent, a foreign key with the tenant in it stands before the pin.
  const isFree = table.references.every(
    (reference) => reference.schema === "shared" || isOptional(table, reference),
  );
  if (attacker.isolation === "database")
    return isFree ? [dropped, pinMutation(attacker, table)] : [dropped];
  return [
    dropped,
    { ...{ name: "replace a policy by true", object }, harm: [open], heal: [restored] },
    {
      ...{ name: "disable row security", object },
      harm: [`alter table ${name} disable row level security`],
      heal: [`alter table ${name} enable row level security`],
    },
    {
      ...{ name: "no longer force row security on the owner", object },
      harm: [`alter table ${name} no force row level security`],
      heal: [`alter table ${name} force row level security`],
    },
    ...(victim.isolation === "schema" && isFree
      ? [
          pinMutation(victim, table),
          {
            ...{ name: "have a policy name another place", object },
            lift: [`alter table ${name} drop constraint hestia_tenant_check`],
            harm: [policy(attacker.place, name, "alter")],
            heal: [restored, pinText(name, victim.id)],
          },
        ]
      : []),
  ];
}

const pinText = (name: string, id: string) =>
  `alter table ${name} add constraint hestia_tenant_check check (tenant_id = '${id}')`;

/** The check that pins a place to its tenant, behind the policy. */
function pinMutation({ id, place }: Pick<Side, "id" | "place">, table: Table): Mutation {
  const name = qualified(place, table.name);
  return {
    ...{ name: "drop the check that pins a place to its tenant", object: table.name },
    lift: [`alter policy hestia_tenant on ${name} using (true)`],
    harm: [`alter table ${name} drop constraint hestia_tenant_check`],
    heal: [
      `alter policy hestia_tenant on ${name} using (tenant_id = (select hestia.scope(${pg.escapeLiteral(place)})))`,
      pinText(name, id),
    ],
  };
}

/** Keys and references that lack the tenant; only where tenants share a table can that tell anything. */
function keyMutations(stage: Stage, tables: readonly Table[]): Mutation[] {
  if (stage.victim.isolation !== "shared") return [];
  const list = (names: readonly string[]) =>
    names.map((each) => pg.escapeIdentifier(each)).join(", ");
  return tables.flatMap((table) => {
    const name = qualified("app", table.name);
    const weakKeys = table.keys
      .filter(({ columns }) => tellsApart(stage, table, columns))
      .map(
        ({ columns }): Mutation => ({
          ...{ name: "make a unique key without the tenant", object: table.name },
          harm: [`create unique index hestia_weak on ${name} (${list(columns)})`],
          heal: ["drop index app.hestia_weak"],
        }),
      );
    const weakReferences = table.references
      .filter(
        ({ schema, table: target, targetColumns }) =>
          schema === "app" && tellsApart(stage, { name: target }, targetColumns),
      )
      .map((reference): Mutation => {
        const target = qualified("app", reference.table);
        const constraint = pg.escapeIdentifier(reference.name);
        const from = list(reference.columns);
        const to = list(reference.targetColumns);
        return {
          ...{ name: "make a foreign key without the tenant", object: table.name },
          harm: [
            `create unique index hestia_weak on ${target} (${to})`,
            `create temporary table hestia_kept as select pg_get_constraintdef(oid) as text from pg_constraint
               where conrelid = '${name}'::regclass and conname = ${pg.escapeLiteral(reference.name)}`,
            `alter table ${name} drop constraint ${constraint}, add constraint ${constraint} foreign key (${from}) references ${target} (${to})`,
          ],
          heal: [
            `alter table ${name} drop constraint if exists ${constraint}`,
            "drop index if exists app.hestia_weak",
            `do $$ begin execute (select 'alter table ${name} add constraint ${constraint} ' || text from hestia_kept); end $$`,
            "drop table hestia_kept",
          ],
        };
      });
    return [...weakKeys, ...weakReferences];
  });
}

/** Whether the two tenants have different values in the columns. */
function tellsApart(stage: Stage, { name }: { name: string }, columns: readonly string[]): boolean {
  const rows = stage.rowsOf(name);
  if (!rows || columns.length === 0) return false;
  const of = (list: typeof rows.victim.rows) =>
    new Set(list.map((row) => JSON.stringify(columns.map((column) => row[column]))));
  const theirs = of(rows.victim.rows);
  if ([...theirs].some((each) => each.includes("null"))) return false;
  return of(rows.attacker.rows).isDisjointFrom(theirs);
}

/** Views, materialised views, functions, sequences, shared tables. */
function objectMutations(stage: Stage, table: Table | undefined, roles: RoleNames): Mutation[] {
  const { victim, attacker, catalogue } = stage;
  const { app, system, owner } = roles;
  const place = victim.place;
  const made = qualified(place, "hestia_made");
  const shared = catalogue.tables.find(({ schema }) => schema === "shared");
  const ownSequence = catalogue.sequences.find(({ schema }) => schema === place);
  const sequence = ownSequence ? qualified(place, ownSequence.name) : made;
  const sharedTable = shared && qualified("shared", shared.name);
  const always: Mutation[] = [
    {
      ...{ name: "grant a sequence", object: "" },
      harm: [
        ...(ownSequence ? [] : [`create sequence ${made}`]),
        `grant usage, select on sequence ${sequence} to ${app}`,
      ],
      heal: ownSequence
        ? [`revoke all on sequence ${sequence} from ${app}`]
        : [`drop sequence ${made}`],
    },
    ...(sharedTable
      ? [
          {
            ...{ name: "let tenants write a shared table", object: "" },
            harm: [`grant insert, update, delete on ${sharedTable} to ${app}`],
            heal: [`revoke insert, update, delete on ${sharedTable} from ${app}`],
          },
        ]
      : []),
  ];
  if (!table || attacker.isolation === "database") return always;
  const name = qualified(place, table.name);
  const view = catalogue.views.find(({ schema, kind }) => schema === place && kind === "v");
  const viewName = view ? qualified(place, view.name) : made;
  return [
    ...always,
    {
      ...{ name: "grant a materialised view", object: "" },
      harm: [
        `create materialized view ${made} as select * from ${name}`,
        `grant select on ${made} to ${app}`,
      ],
      heal: [`drop materialized view ${made}`],
    },
    {
      ...{ name: "have a view run with its owner's rights", object: "" },
      harm: [
        ...(view
          ? [`alter view ${viewName} set (security_invoker = false)`]
          : [`create view ${viewName} as select * from ${name}`]),
        `alter view ${viewName} owner to ${system}`,
        `grant select on ${viewName} to ${app}`,
      ],
      heal: view
        ? [
            `alter view ${viewName} owner to ${owner}`,
            `alter view ${viewName} set (security_invoker = true)`,
          ]
        : [`drop view ${viewName}`],
    },
    {
      ...{ name: "grant a function that runs with its owner's rights", object: "" },
      harm: [
        `create function ${made}() returns setof ${name} language sql security definer as 'select * from ${name}'`,
        `alter function ${made}() owner to ${system}`,
        `grant execute on function ${made}() to ${app}`,
      ],
      heal: [`drop function ${made}()`],
    },
    {
      ...{ name: "let tenants empty tables", object: table.name },
      harm: [`grant truncate on all tables in schema ${pg.escapeIdentifier(place)} to ${app}`],
      heal: [`revoke truncate on all tables in schema ${pg.escapeIdentifier(place)} from ${app}`],
    },
  ];
}
