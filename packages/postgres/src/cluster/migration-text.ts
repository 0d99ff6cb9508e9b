// A migration's text as PostgreSQL and psql would cut it into statements, and what a migration may not say.
// Invariant: nothing that passes here can end the runner's transaction or change its role before the ledger is written.

/** One statement: its first words in upper case, and the line on which it begins, from 1. */
export type MigrationStatement = {
  readonly words: readonly string[];
  readonly line: number;
  readonly text: string;
  /** A command of psql in it. */
  readonly command?: string | undefined;
};

/** Something that a migration may not say, and where. */
export type TextFault = { readonly line: number; readonly problem: string };

const wordsKept = 12;

// In PostgreSQL's order: what begins like a string, a quoted name or a comment is one, whatever stands in it.
const tokens = new RegExp(
  [
    /(?<space>[\s\uFEFF]+|--[^\n\r]*)/,
    /(?<text>[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'?|'[^']*(?:''[^']*)*'?)/,
    /(?<quoted>"[^"]*(?:""[^"]*)*"?)/,
    /(?<dollar>\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$)/,
    /(?<word>[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*)/,
    /(?<comment>\/\*)/,
    /(?<mark>.)/,
  ]
    .map((each) => each.source)
    .join("|"),
  "sy",
);

type Token = { readonly kind: string; readonly text: string; readonly at: number };

function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length; ) {
    tokens.lastIndex = at;
    const groups = tokens.exec(sql)?.groups ?? {};
    const [kind = "mark", found = ""] = Object.entries(groups).find(([, text]) => text) ?? [];
    const end = endOf(sql, at, kind, found);
    yield { kind: kind === "comment" ? "space" : kind, text: sql.slice(at, end), at };
    at = end;
  }
}

function endOf(sql: string, at: number, kind: string, found: string): number {
  if (kind === "dollar") {
    const close = sql.indexOf(found, at + found.length);
    return close < 0 ? sql.length : close + found.length;
  }
  return kind === "comment" ? commentEnd(sql, at) : at + found.length;
}

/** Block comments nest in PostgreSQL. */
function commentEnd(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  for (let depth = 0; ; ) {
    const found = edge.exec(sql);
    if (found === null) return sql.length;
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
}

/** Cuts a text into its statements; those that are empty are left out. */
export function statementsOf(sql: string): MigrationStatement[] {
  const statements: MigrationStatement[] = [];
  const lineAt = lineCounter(sql);
  let words: string[] = [];
  let first: number | undefined;
  let command: string | undefined;
  let depth = 0;
  const finish = (end: number) => {
    if (first !== undefined)
      statements.push({ words, line: lineAt(first), text: sql.slice(first, end), command });
    words = [];
    first = undefined;
    command = undefined;
    depth = 0;
  };
  for (const { kind, text, at } of tokensOf(sql)) {
    if (kind === "space") continue;
    if (text === ";" && depth === 0) {
      finish(at);
      continue;
    }
    first ??= at;
    if (text === "\\") command ??= /\\\S*/.exec(sql.slice(at, at + 20))?.[0];
    depth = Math.max(0, depth + nesting(text, kind, words));
    if (words.length < wordsKept) words.push(wordOf(text, kind));
  }
  finish(sql.length);
  return statements;
}

function wordOf(text: string, kind: string): string {
  if (kind === "quoted") return text.slice(1, -1).replaceAll('""', '"').toUpperCase();
  return kind === "word" ? text.toUpperCase() : text.slice(0, 40);
}

/** Semicolons inside parentheses, as in rules, and inside a body in BEGIN ATOMIC … END belong to the statement. */
function nesting(text: string, kind: string, words: readonly string[]): number {
  if (text === "(") return 1;
  if (text === ")") return -1;
  if (kind !== "word" || !/^(begin|case|end)$/i.test(text)) return 0;
  if (!/^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) /.test(words.join(" "))) return 0;
  return text.toUpperCase() === "END" ? -1 : 1;
}

/** The line of a position, for positions that only grow. */
function lineCounter(sql: string): (position: number) => number {
  let line = 1;
  let done = 0;
  return (position) => {
    for (; done < position; done += 1) if (sql[done] === "\n") line += 1;
    return line;
  };
}

const transaction =
  "the runner gives every file a transaction of its own, so leave it out, or cut the file in two";
const asOwner = "the runner chooses the role that owns what is made, so leave it out";
const ownPath =
  "the runner chooses the schema, a different one for each tenant, so leave it out and name tables without a schema";

/** What a statement may not begin with, and why; the words stand with one blank between them. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^(BEGIN|START TRANSACTION|COMMIT|END|ABORT|PREPARE TRANSACTION)\b/, transaction],
  [/^ROLLBACK(?! ((WORK|TRANSACTION) )?TO\b)/, transaction],
  [/^SET (LOCAL )?(TRANSACTION|SESSION CHARACTERISTICS)\b/, transaction],
  [/^(SET|RESET) ((SESSION|LOCAL) )?(ROLE|(SESSION )?AUTHORIZATION)\b/, asOwner],
  [/^(SET|RESET) ((SESSION|LOCAL) )?(SEARCH_PATH|SCHEMA)\b/, ownPath],
  [/^(RESET ALL|DISCARD)\b/, "it would undo what the runner has set, so leave it out"],
];

/** Returns the first thing that a migration may not say. */
export function faultOf(sql: string): TextFault | undefined {
  if (sql.includes("\0"))
    return { line: 1, problem: "the file is not text in UTF-8, so save it as UTF-8" };
  for (const statement of statementsOf(sql)) {
    const problem = problemOf(statement);
    if (problem !== undefined) return { line: statement.line, problem };
  }
  return undefined;
}

function problemOf({ words, text, command }: MigrationStatement): string | undefined {
  if (command !== undefined)
    return `${command} is a command of psql, which PostgreSQL does not know, so write SQL instead`;
  if (words[0] === "COPY" && /\bfrom\s+stdin\b/i.test(text))
    return "COPY … FROM STDIN is not for migrations: a file has no input, so write the rows as INSERT … VALUES";
  const said = words.join(" ");
  const [pattern, reason] = refused.find(([each]) => each.test(said)) ?? [];
  return pattern && `${pattern.exec(said)?.[0]} is not for migrations: ${reason}`;
}
