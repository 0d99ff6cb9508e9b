// What is prepared on one connection. Names are random, so that no tenant's SQL can name them.
// Invariant: at most `statementsMax` prepared statements a connection, and of no greater weight together than `weightMax`,
// since both ends keep each of them with its columns; the oldest is closed first.

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { ReceivedResult } from "./received-result.ts";
import type { RowWeight } from "./row-weight.ts";

const statementsMax = 256;
/** In characters of text; a column weighs as much as so many, here and in the server. */
const weightMax = 512 * 1024;
const columnWeight = 64;

/** A prepared statement: its name, and the columns it returned (absent until first described). */
export type PreparedStatement = {
  readonly name: string;
  parsed: boolean;
  /** It was done soon and with little the last time: others may be sent behind it. */
  isQuick: boolean;
  /** Whether it is still to be used again. */
  isKept: boolean;
  /** What it counts for, of what all of a connection may. */
  heaviness: number;
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
  #weight = 0;

  /** The statement for a text in a place, newly named if need be. */
  take(place: string, text: string): PreparedStatement {
    const key = statementKey(place, text);
    const known = this.#statements.get(key);
    const statement = known ?? this.#make();
    if (known) this.#statements.delete(key);
    this.#statements.set(key, statement);
    if (!known) this.#weigh(statement, text.length);
    return statement;
  }

  #make(): PreparedStatement {
    this.#made += 1;
    const name = `${this.prefix}${this.#made}`;
    return { name, parsed: false, isQuick: false, isKept: true, heaviness: 0 };
  }

  /** Notes how many columns a statement has. */
  described(statement: PreparedStatement, text: string, columns: number): void {
    // Of those in flight one may be closed already.
    if (statement.isKept) this.#weigh(statement, text.length + columns * columnWeight);
  }

  #weigh(statement: PreparedStatement, heaviness: number): void {
    this.#weight += heaviness - statement.heaviness;
    statement.heaviness = heaviness;
    while (this.#statements.size > statementsMax || this.#weight > weightMax) this.#closeOldest();
  }

  /** Forgets a statement that failed to parse or whose plan is stale; its name is closed with the next message. */
  forget(place: string, text: string, statement: PreparedStatement): void {
    const key = statementKey(place, text);
    // Of two in flight the first has done so, and the text may have another name by now.
    if (this.#statements.get(key) === statement) this.#close(key, statement);
  }

  /** The names to close with the next message. Closing one that does not exist is no error. */
  drainClosing(): string[] {
    return this.#closing.length === 0 ? this.#closing : this.#closing.splice(0);
  }

  // No statement is heavier than all may be together, so the one that is weighed stays.
  #closeOldest(): void {
    this.#close(...(this.#statements.entries().next().value as [string, PreparedStatement]));
  }

  #close(key: string, statement: PreparedStatement): void {
    this.#statements.delete(key);
    this.#closing.push(statement.name);
    this.#weight -= statement.heaviness;
    statement.isKept = false;
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
