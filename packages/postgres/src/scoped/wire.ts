// What every message of a tenant begins with, and when its answer is over.
// Invariant: the scope is entered in the message that carries the statement, so none runs without it.

import { serialize } from "pg-protocol";
import { stateOf } from "./connection-state.ts";

/** The statement that enters the scope of a key. It gives one row, without columns, where only reading is allowed. */
export const enterText = "select where hestia.enter($1)";

export const execute = serialize.execute();
export const sync = serialize.sync();
export const describe = serialize.describe({ type: "P", name: "" });

/** What goes before a statement. */
export type Lead = {
  /** The key of the scope to enter first; absent for what controls a transaction. */
  readonly key?: string;
  /** Statements before the scope: BEGIN, or what resets a session. */
  readonly before?: readonly string[];
  /** False behind a pooler that has no prepared statements. */
  readonly named: boolean;
};

/** The parts before a statement, and how many commands will complete before it does. */
export function leadingParts(
  client: object,
  { key, before = [], named }: Lead,
): { parts: Buffer[]; commands: number } {
  const state = stateOf(client);
  // First of all: in a transaction that has failed nothing behind the scope is heard.
  const parts = state.drainClosing().map((name) => serialize.close({ type: "S", name }));
  const unnamed = (text: string, values?: string[]) =>
    parts.push(...unnamedStatement(text, values), execute);
  for (const text of before) unnamed(text);
  if (key === undefined) return { parts, commands: before.length };
  if (!named) unnamed(enterText, [key]);
  else parts.push(serialize.bind({ statement: state.enterName, values: [key] }), execute);
  return { parts, commands: before.length + 1 };
}

/** Parses and binds a text under no name. */
export function unnamedStatement(
  text: string,
  values: (string | Buffer | null)[] = [],
  binary = false,
): Buffer[] {
  return [serialize.parse({ text, name: "", types: [] }), serialize.bind({ values, binary })];
}

type Listened = {
  on(event: string, listener: () => void): void;
  removeListener(event: string, listener: () => void): void;
};

/** After an error: calls once, when the server is ready for the next message or the connection has ended. */
export function afterError(connection: Listened, done: () => void): void {
  const finish = () => {
    connection.removeListener("readyForQuery", finish);
    connection.removeListener("end", finish);
    done();
  };
  connection.on("readyForQuery", finish);
  connection.on("end", finish);
}
