// One statement of a tenant on the wire, with what must go before it in the same Sync: an implicit transaction.
// Invariant: the scope is entered in the message that carries the statement, so none runs without it,
// and the caller hears of the outcome only after ReadyForQuery, when the connection's state is known.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import { prepareValue } from "pg/lib/utils.js";
import { serialize } from "pg-protocol";
import { copyFromRefused } from "../failures.ts";
import { type PreparedStatement, stateOf } from "./connection-state.ts";
import { type RowWeight, rowWeight } from "./row-weight.ts";
import {
  afterError,
  describe,
  execute,
  type Lead,
  leadingParts,
  sync,
  unnamedStatement,
} from "./wire.ts";

/** What the scope's statement answers where only reading is allowed. */
const onlyReading = "SELECT 1";

/** A statement of the caller: its text with parameters $1…, and how its rows come back. */
export type Statement = {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  readonly rowMode?: "array" | undefined;
  readonly types?: pg.CustomTypesConfig | undefined;
  /** Values come in PostgreSQL's binary form. */
  readonly binary?: boolean | undefined;
};

/** How one message is put together. */
export type Envelope = Lead & {
  /** Where the statement runs: its plan is kept by place. */
  readonly place: string;
};

type Outcome = (error: Error | undefined, result: pg.QueryResult | undefined) => void;

type Connection = {
  stream: { write(data: Buffer): boolean; destroy(error: Error): void };
  on(event: string, listener: () => void): void;
  removeListener(event: string, listener: () => void): void;
};

type ResultInternals = pg.QueryResult & {
  _parsers: unknown;
  _prebuiltEmptyResultObject: unknown;
  addFields(fields: pg.FieldDef[]): void;
  addCommandComplete(message: { text: string }): void;
  parseRow(fields: unknown[]): never;
};

const ResultClass = pg.Result as unknown as new (
  rowMode?: string,
  types?: pg.CustomTypesConfig,
) => ResultInternals;

const namedLengthMax = 10_000;

/** What takes longer, or gives more, keeps others waiting. */
export const slowMs = 10;
const largeBytes = 256 * 1024;

/** The SQLSTATE of a write in a transaction that may only read. */
const readOnlyTransaction = "25006";

type WireValue = string | Buffer | null;

/** A table changed under a prepared statement; the same text, prepared again, will do. */
export function isStalePlan(error: { code?: string; message?: string }): boolean {
  return error.code === "0A000" && /cached plan/.test(error.message ?? "");
}

/** A pg submittable. `callback` is called once, after ReadyForQuery or the connection's end. */
export class ScopedQuery {
  readonly #statement: Statement;
  readonly #envelope: Envelope;
  readonly #client: object;
  readonly #done: Outcome;
  readonly #result: ResultInternals;
  #prepared: PreparedStatement | undefined;
  readonly #values: WireValue[];
  #leading = 0;
  #weight: RowWeight | undefined;
  #hasColumns = false;
  #readOnly = false;
  #failure: Error | undefined;
  #finished = false;
  #written = false;
  /** When the server was free for it; undefined while others are before it. */
  #begunAt: number | undefined;
  /** pg wants a callback on every submittable; the outcome goes through `done`. */
  readonly callback = () => {};

  constructor(client: object, statement: Statement, envelope: Envelope, done: Outcome) {
    this.#client = client;
    this.#statement = statement;
    this.#envelope = envelope;
    this.#done = done;
    this.#result = new ResultClass(statement.rowMode, statement.types);
    // Mapped before anything is written: a value without a wire form must not leave half a message behind.
    this.#values = (statement.values ?? []).map(prepareValue);
  }

  /** Its turn has come: what the server says from now on is said of it. */
  submit(connection: Connection): null {
    stateOf(this.#client).result.ends();
    this.#begunAt = performance.now();
    if (!this.#written) this.write(connection);
    return null;
  }

  /** Puts the whole message together, then writes it at once; behind those in flight, when it is called before its turn. */
  write(connection: Connection): void {
    this.#written = true;
    connection.stream.write(this.#message());
  }

  /** Whether others may be sent behind it. Where it is not known to be quick, nor is it known to be parsed. */
  get isQuick(): boolean {
    return this.#prepared?.isQuick === true;
  }

  #message(): Buffer {
    const { parts, commands } = leadingParts(this.#client, this.#envelope);
    this.#leading = commands;
    this.#body(parts);
    parts.push(execute, sync);
    return Buffer.concat(parts);
  }

  /** Long texts are not kept: they are generated, and many of them would fill the server's memory and ours. */
  get #isNamed(): boolean {
    return this.#envelope.named && this.#statement.text.length <= namedLengthMax;
  }

  #body(parts: Buffer[]): void {
    const { text, binary = false } = this.#statement;
    const values = this.#values;
    if (!this.#isNamed) {
      parts.push(...unnamedStatement(text, values, binary), describe);
      return;
    }
    const state = stateOf(this.#client);
    const statement = state.take(this.#envelope.place, text);
    if (!statement.parsed) parts.push(serialize.parse({ text, name: statement.name, types: [] }));
    parts.push(serialize.bind({ statement: statement.name, values, binary }));
    this.#prepared = statement;
    if (statement.fields && !binary) this.#reuseFields(statement);
    else parts.push(describe);
  }

  #reuseFields(statement: PreparedStatement): void {
    // Parsers given with the statement are the caller's own: only the columns are reused then.
    if (this.#statement.types) {
      this.#result.addFields(statement.fields ?? []);
      this.#weight = rowWeight(this.#result.fields, this.#statement.types);
      return;
    }
    this.#weight = statement.weight;
    this.#result.fields = statement.fields ?? [];
    this.#result._parsers = statement.parsers;
    this.#result._prebuiltEmptyResultObject = statement.emptyRow;
  }

  handleRowDescription(message: { fields: pg.FieldDef[] }): void {
    this.#hasColumns = true;
    this.#result.addFields(message.fields);
    this.#weight = rowWeight(message.fields, this.#statement.types);
    const prepared = this.#prepared;
    const { text } = this.#statement;
    if (prepared) stateOf(this.#client).described(prepared, text, message.fields.length);
    if (!prepared || this.#statement.types || this.#statement.binary) return;
    prepared.fields = this.#result.fields;
    prepared.parsers = this.#result._parsers;
    prepared.emptyRow = this.#result._prebuiltEmptyResultObject;
    prepared.weight = this.#weight;
  }

  handleDataRow(message: { fields: unknown[] }): void {
    if (this.#leading > 0 || this.#failure) return;
    const { result } = stateOf(this.#client);
    result.grow(this.#weight?.(message.fields) ?? 0);
    // Before it is made: of a small text JSON can make a thousand times as many objects as there is memory for.
    this.#failure = result.refusal;
    if (this.#failure) return;
    try {
      this.#result.rows.push(this.#result.parseRow(message.fields));
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  handleCommandComplete(message: { text: string }): void {
    if (this.#leading > 0) {
      this.#leading -= 1;
      // The last of them is what entered the scope.
      if (this.#leading === 0) this.#readOnly = message.text === onlyReading;
      return;
    }
    if (this.#prepared) {
      this.#prepared.parsed = true;
      // Nor is a statement without columns described again.
      if (!this.#hasColumns) this.#prepared.fields ??= [];
    }
    this.#result.addCommandComplete(message);
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  /** The Sync that was sent is lost in copy mode, so this connection would wait for ever: it is closed. */
  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy(copyFromRefused());
  }

  handleCopyData(): void {}

  /** From the server: the rest of the message is skipped until its Sync. From the socket: nothing more comes. */
  handleError(error: Error & { severity?: string; code?: string }, connection?: Connection): void {
    this.#failure ??= this.#told(error);
    // Parse may or may not have been reached, or the plan is stale: the name is not used again.
    if (this.#prepared && (!this.#prepared.parsed || isStalePlan(error))) {
      stateOf(this.#client).forget(this.#envelope.place, this.#statement.text, this.#prepared);
    }
    if (error.severity === undefined || !connection) this.#finish();
    else afterError(connection, () => this.#finish());
  }

  #told(error: Error & { code?: string }): Error {
    if (this.#readOnly && error.code === readOnlyTransaction)
      return new HestiaError("tenant_readonly", {}, { cause: error });
    // The statement before it, perhaps another tenant's, has cost it the connection: nothing is told of that one.
    if (this.#begunAt === undefined && error instanceof HestiaError)
      return new HestiaError("database_unavailable");
    return error;
  }

  handleReadyForQuery(): void {
    this.#finish();
  }

  #judge(): void {
    if (!this.#prepared || this.#begunAt === undefined) return;
    const tookMs = performance.now() - this.#begunAt;
    this.#prepared.isQuick =
      this.#prepared.parsed && tookMs < slowMs && stateOf(this.#client).result.bytes < largeBytes;
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#judge();
    stateOf(this.#client).result.ends();
    if (this.#failure) this.#done(this.#failure, undefined);
    else this.#done(undefined, this.#result);
  }
}
