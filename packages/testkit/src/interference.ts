// That what a tenant sees does not depend on what another one has: every view, function and table is asked with the
// victim's rows there and with them away. This finds what no value gives away, such as a count over all tenants.

import pg from "pg";
import { writable } from "./drafts.ts";
import { identities } from "./fill.ts";
import { qualified } from "./probes/names.ts";
import { callText } from "./probes/objects.ts";
import type { Stage } from "./stage.ts";

/** What was different for the attacker. */
export type Interference = { readonly object: string; readonly detail: string };

/** Asks everything three times; what differs with nothing changed, such as a clock, says nothing and is left out. */
export async function findInterference(
  stage: Stage,
): Promise<{ asked: number; found: Interference[] }> {
  const questions = questionsOf(stage);
  const first = await answers(stage, questions);
  const again = await answers(stage, questions);
  const without = await withoutVictim(stage, () => answers(stage, questions));
  const steady = [...questions.keys()].filter((object) => first.get(object) === again.get(object));
  const found = steady
    .filter((object) => first.get(object) !== without.get(object))
    .map((object) => ({
      object,
      detail: `with the other tenant's rows ${cut(first.get(object))}, without them ${cut(without.get(object))}`,
    }));
  return { asked: steady.length, found };
}

const cut = (text = "") => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

function questionsOf(stage: Stage): Map<string, string> {
  const { tables, views, routines } = stage.catalogue;
  const relations = [...tables, ...views].map(({ schema, name }): [string, string] => [
    name,
    `select t::text as text from ${qualified(schema, name)} t order by 1 limit 1000`,
  ]);
  const calls = routines
    .filter(({ isProcedure }) => !isProcedure)
    .map((routine): [string, string] => [routine.signature, callText(stage, routine)]);
  return new Map([...relations, ...calls]);
}

async function answers(
  stage: Stage,
  questions: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const given = new Map<string, string>();
  for (const [object, text] of questions) {
    const { rows, error } = await stage.attack("raw", text);
    given.set(object, error ?? JSON.stringify(rows));
  }
  return given;
}

/** The victim's rows are put aside, and back again whatever happens. */
async function withoutVictim<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
  const { admin, victim } = stage;
  const tables = victim.filled.tables.map(({ table }, at) => ({
    table,
    name: qualified(victim.place, table.name),
    kept: `pg_temp.hestia_kept_${at}`,
    where: `where tenant_id = '${victim.id}'`,
  }));
  const moves = tables.flatMap(({ name, kept, where }) => [
    `create temporary table ${kept.slice(8)} as select * from ${name} ${where}`,
    `delete from ${name} ${where}`,
  ]);
  // Keys and triggers rest, so that rows go and come in any order.
  const atRest = (statements: readonly string[]) =>
    admin.query(
      `begin; set local session_replication_role = replica; ${statements.join("; ")}; commit`,
    );
  await atRest(moves);
  try {
    return await work();
  } finally {
    await atRest(
      tables.flatMap(({ table, name, kept }) => {
        const columns = [
          "tenant_id",
          ...[...writable(table), ...identities(table)].map(({ name }) => name),
        ]
          .map((column) => pg.escapeIdentifier(column))
          .join(", ");
        return [
          `insert into ${name} (${columns}) overriding system value select ${columns} from ${kept}`,
          `drop table ${kept}`,
        ];
      }),
    );
  }
}
