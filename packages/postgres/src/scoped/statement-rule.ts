// The rule on first tokens: what a tenant's connection may be asked to run.
// Invariant: a statement that could outlive its scope, or read the planner's statistics, is never sent.

import { HestiaError } from "@hestia/core";

const sendable = new Set([
  "SELECT",
  "WITH",
  "INSERT",
  "UPDATE",
  "DELETE",
  "MERGE",
  "VALUES",
  "TABLE",
  "COPY",
]);

const transactionWords = new Set([
  "BEGIN",
  "START",
  "COMMIT",
  "END",
  "ROLLBACK",
  "ABORT",
  "SAVEPOINT",
  "RELEASE",
]);

/** Statement texts already found sendable; few and short, so that generated SQL cannot fill the memory. */
const known = new Set<string>();
const knownMax = 5000;
const knownLengthMax = 1_000;
const lengthMax = 4 * 1024 * 1024;

/**
 * Throws `statement_refused` unless the statement may be sent inside a scope.
 * The extended protocol already refuses more than one statement a message.
 */
export function checkStatement(text: string): void {
  if (known.has(text)) return;
  const token = firstToken(text);
  if (!sendable.has(token)) throw refusal(token);
  if (text.length > lengthMax)
    throw new HestiaError("statement_refused", {
      rule: `it is longer than ${lengthMax} characters: send what varies as parameters`,
    });
  if (text.length > knownLengthMax) return;
  if (known.size >= knownMax) known.clear();
  known.add(text);
}

function refusal(token: string): HestiaError {
  if (token === "")
    return new HestiaError("statement_refused", { rule: "a statement must begin with a keyword" });
  if (transactionWords.has(token)) {
    return new HestiaError("statement_refused", {
      rule: `${token} is not sent as a statement: use tenant.transaction(…)`,
    });
  }
  return new HestiaError("statement_refused", {
    rule: `${token} is not one of ${[...sendable].join(", ")}`,
  });
}

/** The first keyword in upper case, past white space, comments and opening parentheses; empty when there is none. */
export function firstToken(text: string): string {
  let at = 0;
  for (;;) {
    const next = skip(text, at);
    if (next === at) break;
    at = next;
  }
  const word = /[A-Za-z_]+/y;
  word.lastIndex = at;
  return word.exec(text)?.[0].toUpperCase() ?? "";
}

/** The position after one blank, comment or parenthesis at `at`; `at` itself when there is none. */
function skip(text: string, at: number): number {
  const character = text[at];
  if (character === undefined) return at;
  if (" \t\n\r\f\v(".includes(character)) return at + 1;
  if (text.startsWith("--", at)) {
    const end = /[\n\r]/g;
    end.lastIndex = at;
    return end.exec(text)?.index ?? text.length;
  }
  if (text.startsWith("/*", at)) return afterComment(text, at);
  return at;
}

/** Block comments nest in PostgreSQL. */
function afterComment(text: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let found = edge.exec(text); found; found = edge.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return text.length;
}
