// The statements by which a tool drives its own transaction: told from all others, and written anew before they are sent.
// Invariant: what is sent begins, ends or marks a transaction and does nothing else, however the caller's text reads.

import { HestiaError } from "@hestia/core";
import { firstToken } from "./statement-rule.ts";

/** What a statement does to the transaction; `settings` holds until it ends. */
export type Control = {
  readonly does: "begin" | "settings" | "end" | "savepoint";
  /** What to send in place of the caller's text. */
  readonly text: string;
};

const name = String.raw`(?:[a-z_][\w$]*|"[^"\0]+")`;
const mode = `(?:isolation level (?:serializable|repeatable read|read committed|read uncommitted)|read only|read write|(?:not )?deferrable)`;
const modes = `${mode}(?:,? ${mode}){0,3}`;
const block = "(?: work| transaction)?";

const forms: readonly (readonly [Control["does"], RegExp])[] = [
  ["begin", form(`(?:begin${block}|start transaction)(?: ${modes})?`)],
  ["settings", form(`set transaction ${modes}`)],
  ["settings", form(`set constraints (?:all|${name}(?:, ?${name}){0,9}) (?:deferred|immediate)`)],
  ["end", form(`(?:commit|end|rollback|abort)${block}(?: and no chain)?`)],
  ["savepoint", form(`savepoint ${name}`)],
  ["savepoint", form(`release(?: savepoint)? ${name}`)],
  ["savepoint", form(`rollback${block} to(?: savepoint)? ${name}`)],
];

function form(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`, "i");
}

const words = /^(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SET)$/;
const lengthMax = 1_000;

/** Tells what a statement does to the transaction, undefined when nothing; throws `statement_refused` for other forms. */
export function transactionControl(text: string): Control | undefined {
  // A longer text is none of these; the rule on first tokens has the rest to say.
  const word = firstToken(text.slice(0, lengthMax));
  if (!words.test(word)) return undefined;
  const bare = text.length > lengthMax ? undefined : bareForm(text);
  const found = bare === undefined ? undefined : forms.find(([, pattern]) => pattern.test(bare));
  if (bare !== undefined && found) return { does: found[0], text: bare };
  if (word === "SET") return undefined;
  throw new HestiaError("statement_refused", {
    rule: `of ${word} only the plain forms are sent: BEGIN with its modes, COMMIT, ROLLBACK, savepoints by name`,
  });
}

/**
 * The text without one comment at its end, as tools append them, without semicolons and with single blanks; undefined
 * where any other comment stands in it: how those nest and end is not judged twice.
 */
function bareForm(text: string): string | undefined {
  const plain = text.replace(/\/\*[^*/]*\*\/\s*$/, "");
  if (plain.includes("/*") || plain.includes("--")) return undefined;
  let bare = plain.replace(/\s+/g, " ").trim();
  while (bare.endsWith(";")) bare = bare.slice(0, -1).trimEnd();
  return bare;
}
