// What is prepared on one connection. Names are random, so that no tenant's SQL can name them.
// Invariant: at most `statementsMax` prepared statements a connection; the oldest is closed first.

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { ReceivedResult } from "./received-result.ts";
import type { RowWeight } from "./row-weight.ts";

const statementsMax = 256;

/** A prepared statement: its name, and the columns it returned (absent until first described). */
export type PreparedStatement = {
  readonly name: string;
  parsed: boolean;
  /** It was done soon and with little the last time: others may be sent behind it. */
  isQuick: boolean;
  fields?: pg.FieldDef[];
  parsers?: unknown;
  emptyRow?: unknown;
  weight?: RowWeight;
};

/** The scope's own statement and the tenants' statements that one connection has prepared. */
export class ConnectionState {
  readonly prefix = `h${randomBytes(9).toString("hex")}`;
  readonly enterName = `${this.prefix}e`;
  readonly #statements = new Map<string, PreparedStatement>();
  /** What the statement whose turn it is has been answered so far. */
  readonly result = new ReceivedResult();
  readonly #closing: string[] = [];
  #made = 0;

  /** The statement for a text in a place, newly named if need be. */
  take(place: string, text: string): PreparedStatement {
    const key = statementKey(place, text);
    let statement = this.#statements.get(key);
    if (statement) this.#statements.delete(key);
    else {
      this.#made += 1;
      statement = { name: `${this.prefix}${this.#made}`, parsed: false, isQuick: false };
    }
    this.#statements.set(key, statement);
    if (this.#statements.size > statementsMax) this.#evictOldest();
    return statement;
  }

  /** Forgets a statement that failed to parse or whose plan is stale; its name is closed with the next message. */
  forget(place: string, text: string, statement: PreparedStatement): void {
    const key = statementKey(place, text);
    // Of two in flight the first has done so, and the text may have another name by now.
    if (this.#statements.get(key) !== statement) return;
    this.#statements.delete(key);
    this.#closing.push(statement.name);
  }

  /** The names to close with the next message. Closing one that does not exist is no error. */
  drainClosing(): string[] {
    return this.#closing.length === 0 ? this.#closing : this.#closing.splice(0);
  }

  #evictOldest(): void {
    const [key, oldest] = this.#statements.entries().next().value as [string, PreparedStatement];
    this.#statements.delete(key);
    this.#closing.push(oldest.name);
  }
}

/** Plans are kept by place, because another search_path would have them planned anew. */
function statementKey(place: string, text: string): string {
  return place === "app" ? text : `${place}\0${text}`;
}

const states = new WeakMap<object, ConnectionState>();

/** The state that belongs to a client; made at first sight. */
export function stateOf(client: object): ConnectionState {
  let state = states.get(client);
  if (!state) {
    state = new ConnectionState();
    states.set(client, state);
  }
  return state;
}
