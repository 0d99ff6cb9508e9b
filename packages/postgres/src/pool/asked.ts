// What callers of pg ask by, in all its forms, read into one: text or config object, values, callback.

import type pg from "pg";
import type { Statement } from "../scoped/scoped-query.ts";
import type { Submittable } from "../scoped/submittable.ts";

/** A statement, with the name that pg would prepare it under; Hestia prepares every statement, under names of its own. */
export type Asked = Statement & { readonly name?: string | undefined };

/** How pg calls back. */
export type Callback = (error: Error | null | undefined, result?: pg.QueryResult) => void;

/** Tells a cursor or a stream. */
export function isSubmittable(config: unknown): config is Submittable {
  return typeof (config as { submit?: unknown } | undefined)?.submit === "function";
}

/** Reads `query(text | config, values?, callback?)`; throws what pg throws. */
export function readQuery(
  config: unknown,
  values?: unknown,
  callback?: unknown,
): { statement: Asked; callback: Callback | undefined } {
  if (config === null || config === undefined)
    throw new TypeError("Client was passed a null or undefined query");
  const given = typeof config === "string" ? { text: config } : (config as Partial<Given>);
  const [list, done] = typeof values === "function" ? [undefined, values] : [values, callback];
  return {
    statement: {
      text: given.text ?? "",
      values: (list ?? given.values) as readonly unknown[] | undefined,
      rowMode: given.rowMode,
      types: given.types,
      binary: given.binary,
      name: given.name,
    },
    callback: (done ?? given.callback) as Callback | undefined,
  };
}

type Given = Asked & { readonly callback: Callback };

/** Answers by the callback where there is one, else by the promise. `none` is what pg gives for no error: it differs. */
export function settle(
  answer: Promise<pg.QueryResult>,
  callback: Callback | undefined,
  none: null | undefined,
): Promise<pg.QueryResult> | undefined {
  if (!callback) return answer;
  // What a callback throws is its caller's: it must not look like the statement's failure.
  const call = (...given: Parameters<Callback>) => setImmediate(() => callback(...given));
  answer.then(
    (result) => call(none, result),
    (error: Error) => call(error),
  );
  return undefined;
}
