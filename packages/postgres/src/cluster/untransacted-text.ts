// Migrations that no transaction can hold, by their text: a first line that says so, and one statement of the few kinds
// that need it. An index is made with the tenant in front, like those of all other files.

import { type MigrationStatement, statementsOf, type TextFault } from "./migration-text.ts";

type MigrationSet = "tenant" | "shared";

/** What the first line of such a file says. */
export const untransactedLine = "-- hestia: no-transaction";

/** Whether a file asks to be applied outside a transaction. */
export const isUntransacted = (sql: string): boolean =>
  /^\s*--\s*hestia:\s*no-transaction[ \t]*(?:\r?\n|$)/.test(sql);

/** The one statement of a file. */
export type Untransacted = {
  /** What is sent; an index leads with the tenant. */
  readonly text: string;
  readonly line: number;
  /** The index that it makes, which a failed attempt leaves behind invalid. */
  readonly makes?: string | undefined;
  /** The index or table whose indexes it makes anew, which leaves copies behind. */
  readonly remakes?: string | undefined;
  /** The same where there is nothing to keep waiting: in a transaction; undefined where it changes no catalogue. */
  readonly transacted?: string | undefined;
};

const kinds =
  "CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, REINDEX … CONCURRENTLY, ALTER TYPE … ADD VALUE and VACUUM of a table";

/** Why the text is none that can be applied so. */
export function untransactedFault(sql: string, set: MigrationSet): TextFault | undefined {
  const parsed = parse(sql, set);
  return "problem" in parsed ? parsed : undefined;
}

/** The statement of a file without a fault. */
export function untransactedOf(sql: string, set: MigrationSet): Untransacted {
  const parsed = parse(sql, set);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
}

function parse(sql: string, set: MigrationSet): Untransacted | TextFault {
  const [statement, second] = statementsOf(sql);
  if (statement === undefined)
    return { line: 1, problem: `a file without a transaction has one statement: ${kinds}` };
  if (second !== undefined) {
    const problem =
      "a file without a transaction has one statement, since what came before a failure could not be taken back; give this one a file of its own";
    return { line: second.line, problem };
  }
  return parseStatement(statement, set);
}

const name = '(?:[A-Za-z_][\\w$]*|"[^"]+")';

const createIndex = new RegExp(
  `^create\\s+(unique\\s+)?index\\s+concurrently\\s+(if\\s+not\\s+exists\\s+)?(?:(?!on\\s)(${name})\\s+)?on\\s+(${name})\\s*(?:using\\s+(${name})\\s*)?\\(`,
  "i",
);

function parseStatement(
  statement: MigrationStatement,
  set: MigrationSet,
): Untransacted | TextFault {
  const { line, text } = statement;
  const said = statement.words.join(" ");
  const refuse = (problem: string) => ({ line, problem });
  if (/^CREATE (UNIQUE )?INDEX CONCURRENTLY\b/.test(said)) {
    const found = createIndex.exec(text);
    if (found === null)
      return refuse(
        'write it as "create index concurrently NAME on TABLE (…)", without a schema and without comments before the columns',
      );
    const [head, , , index] = found;
    if (index === undefined)
      return refuse("give the index a name, so that one that was left half made can be found");
    const columns = text.slice(head.length);
    if (set === "tenant" && !startsWithTenant(columns) && namesTenant(columns))
      return refuse(
        "the index names tenant_id, but not first; put it first, or leave it out: it is added",
      );
    const lead = set === "tenant" && !startsWithTenant(columns) ? "tenant_id, " : "";
    const made = `${head}${lead}${columns}`;
    return { text: made, line, makes: nameOf(index), transacted: withoutConcurrently(made) };
  }
  if (/^DROP INDEX CONCURRENTLY\b/.test(said))
    return { text, line, transacted: withoutConcurrently(text) };
  const reindex = new RegExp(
    `^reindex\\s+(?:\\([^)]*\\)\\s*)?(?:index|table)\\s+concurrently\\s+(${name})\\s*$`,
    "i",
  ).exec(text);
  if (reindex) return { text, line, remakes: nameOf(reindex[1] ?? "") };
  if (/^ALTER TYPE\b/.test(said) && /\badd\s+value\b/i.test(text))
    return { text, line, transacted: text };
  if (
    new RegExp(
      `^vacuum\\s+(?:\\([^)]*\\)\\s*|full\\s+|freeze\\s+|verbose\\s+|analyze\\s+)*${name}\\s*(?:\\([^)]*\\)\\s*)?$`,
      "i",
    ).test(text)
  )
    return { text, line };
  return refuse(`only ${kinds} are applied without a transaction, so leave the first line out`);
}

const startsWithTenant = (columns: string) => /^\s*(?:tenant_id\b|"tenant_id")/i.test(columns);
const namesTenant = (columns: string) => /\btenant_id\b/i.test(columns);
const withoutConcurrently = (text: string) => text.replace(/\bconcurrently\b\s*/i, "");

/** As PostgreSQL stores it. */
function nameOf(written: string): string {
  const text = written.trim();
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
}
