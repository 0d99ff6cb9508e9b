// The statements by which a tool drives its own transaction: told from all others, and held to what keeps the scope.
// Invariant: what passes here begins, ends or marks a transaction and does nothing else.

import { HestiaError } from "@hestia/core";
import { firstToken } from "./statement-rule.ts";

/** What a statement does to the transaction; `settings` holds until it ends. */
export type Control = "begin" | "settings" | "end" | "savepoint";

const name = String.raw`(?:[a-z_][\w$]*|"(?:[^"]|"")+")`;
const mode = `(?:isolation level (?:serializable|repeatable read|read committed|read uncommitted)|read only|read write|(?:not )?deferrable)`;
const modes = `${mode}(?:,? ${mode})*`;
const block = "(?: work| transaction)?";

const forms: readonly (readonly [Control, RegExp])[] = [
  ["begin", form(`(?:begin${block}|start transaction)(?: ${modes})?`)],
  ["settings", form(`set transaction ${modes}`)],
  ["settings", form(`set constraints (?:all|${name}(?:, ?${name})*) (?:deferred|immediate)`)],
  ["end", form(`(?:commit|end|rollback|abort)${block}(?: and no chain)?`)],
  ["savepoint", form(`savepoint ${name}`)],
  ["savepoint", form(`release(?: savepoint)? ${name}`)],
  ["savepoint", form(`rollback${block} to(?: savepoint)? ${name}`)],
];

function form(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`, "i");
}

const words = /^(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SET)$/;

/** Tells what a statement does to the transaction, undefined when nothing; throws `statement_refused` for other forms. */
export function transactionControl(text: string): Control | undefined {
  const word = firstToken(text);
  if (!words.test(word)) return undefined;
  const plain = withoutComments(text).replace(/\s+/g, " ").trim();
  const bare = plain.replace(/(?: ?;)+$/, "");
  const found = forms.find(([, pattern]) => pattern.test(bare));
  if (found) return found[0];
  if (word === "SET") return undefined;
  throw new HestiaError("statement_refused", {
    rule: `of ${word} only the plain forms are sent: BEGIN with its modes, COMMIT, ROLLBACK, savepoints by name`,
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g, " ").replace(/--[^\n\r]*/g, " ");
}
