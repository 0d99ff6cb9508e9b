// Whether partitions are what their migrations make. Each is compared with a scratch partition made of the very files that
// its ledger names, so one that is merely behind is no finding. Hashes find where to look; printed definitions decide.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { rolledBack } from "./admin.ts";
import type { Roles } from "./identifiers.ts";
import type { MigrationFile } from "./migration-files.ts";
import { inScratch, scratch } from "./scratch.ts";
import { readSql } from "./versions.ts";

/** A partition to compare. */
export type DriftTarget = {
  readonly target: string;
  readonly place: string;
  readonly tenantId?: string | undefined;
};

/** One difference; `expected` and `found` are definitions as PostgreSQL prints them. */
export type Difference = {
  readonly kind: string;
  readonly name: string;
  readonly state: "missing" | "extra" | "different";
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
};

/** A partition that differs. */
export type Drift = { readonly target: string; readonly differences: readonly Difference[] };

/** What a scratch partition looks like. */
export type Model = {
  readonly lines: ReadonlyMap<string, Line>;
  readonly quick: string;
  readonly full: string;
};

type Line = { readonly kind: string; readonly name: string; readonly definition: string };

/** Whoever is compared line by line at a time: bounds memory where a whole fleet differs. */
const linesAtOnce = 50;

/** Makes the scratch partition of the files and reads it; throws what a file fails with. */
export async function readModel(
  client: pg.ClientBase,
  { files, roles }: { files: readonly MigrationFile[]; roles: Roles },
): Promise<Model> {
  const target = { target: "", place: scratch.place, tenantId: scratch.tenantId };
  const { trials, result } = await inScratch(client, { files, roles }, async () => ({
    lines: (await readLines(client, [target])).get(scratch.place) ?? new Map<string, Line>(),
    quick: (await readHashes(client, [target], false)).get(scratch.place) ?? "",
    full: (await readHashes(client, [target], true)).get(scratch.place) ?? "",
  }));
  const failed = trials.find((trial) => trial.error !== undefined);
  if (failed !== undefined) throw failed.error;
  if (result === undefined) throw new HestiaError("internal");
  return result;
}

const comparing =
  "begin read only; set local search_path = pg_catalog; set local jit = off; set local work_mem = '64MB'";

/** Compares partitions of one database with their model; returns those that differ. */
export async function compare(
  client: pg.ClientBase,
  targets: readonly DriftTarget[],
  { model, full, isPinned }: { model: Model; full: boolean; isPinned: boolean },
): Promise<Drift[]> {
  return rolledBack(
    client,
    async () => {
      const hashes = isPinned ? await readHashes(client, targets, full) : new Map<string, string>();
      const expected = full ? model.full : model.quick;
      const suspects = targets.filter(({ place }) => hashes.get(place) !== expected);
      const found: Drift[] = [];
      for (let at = 0; at < suspects.length; at += linesAtOnce) {
        const part = suspects.slice(at, at + linesAtOnce);
        const lines = await readLines(client, part);
        for (const { target, place } of part) {
          const differences = differencesOf(model.lines, lines.get(place) ?? new Map(), isPinned);
          if (differences.length > 0) found.push({ target, differences });
        }
      }
      return found;
    },
    { begin: comparing },
  );
}

async function readHashes(
  client: pg.ClientBase,
  targets: readonly DriftTarget[],
  full: boolean,
): Promise<Map<string, string>> {
  const places = targets.map(({ place }) => place);
  const text = full
    ? `${await readSql("drift-lines.sql")}
      select place, md5(string_agg(md5(concat_ws(' ', kind, name, definition)), '' order by kind, name, definition)) as hash from lines group by place`
    : await readSql("drift-hashes.sql");
  const values = full ? [places, targets.map(({ tenantId }) => tenantId ?? "")] : [places];
  const { rows } = await client.query<{ place: string; hash: string }>(text, values);
  return new Map(rows.map((row) => [row.place, row.hash]));
}

async function readLines(
  client: pg.ClientBase,
  targets: readonly DriftTarget[],
): Promise<Map<string, Map<string, Line>>> {
  const text = `${await readSql("drift-lines.sql")} select place, kind, name, definition from lines`;
  const { rows } = await client.query<Line & { place: string }>(text, [
    targets.map(({ place }) => place),
    targets.map(({ tenantId }) => tenantId ?? ""),
  ]);
  const places = new Map<string, Map<string, Line>>();
  for (const { place, ...line } of rows) {
    const lines = places.get(place) ?? new Map<string, Line>();
    places.set(place, lines.set(`${line.kind} ${line.name}`, line));
  }
  return places;
}

// Where many tenants share the tables there is no check that pins the rows to one.
function differencesOf(
  expected: ReadonlyMap<string, Line>,
  found: ReadonlyMap<string, Line>,
  isPinned: boolean,
): Difference[] {
  const differences: Difference[] = [];
  for (const [key, { kind, name, definition }] of expected) {
    if (!isPinned && kind === "constraint" && name.endsWith(".hestia_tenant_check")) continue;
    const there = found.get(key)?.definition;
    if (there === undefined)
      differences.push({ kind, name, state: "missing", expected: definition });
    else if (there !== definition)
      differences.push({ kind, name, state: "different", expected: definition, found: there });
  }
  for (const [key, { kind, name, definition }] of found)
    if (!expected.has(key)) differences.push({ kind, name, state: "extra", found: definition });
  return differences.sort((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1));
}
