// A cursor, a query stream or a COPY stream of the caller's, sent behind the scope in the same implicit transaction.
// Invariant: what it sends is one statement, and it never sees the answers to what entered the scope.

import type { Socket } from "node:net";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { serialize } from "pg-protocol";
import { copyFromRefused } from "../failures.ts";
import { stateOf } from "./connection-state.ts";
import { type RowWeight, rowWeight } from "./row-weight.ts";
import { type HeldClient, unbound } from "./send.ts";
import { checkStatement, firstToken } from "./statement-rule.ts";
import { afterError, execute, type Lead, leadingParts, sync, unnamedStatement } from "./wire.ts";

type Connection = {
  stream: Socket;
  query(text: string): void;
  parse(query: { text: string }, more: boolean): void;
  sync(): void;
  on(event: string, listener: () => void): void;
  removeListener(event: string, listener: () => void): void;
};

/** What pg's client hands the connection to: pg-cursor, pg-query-stream, pg-copy-streams. */
export type Submittable = {
  readonly text?: string;
  /** pg-query-stream keeps its text here. */
  readonly cursor?: { readonly text?: string };
  callback?: unknown;
  submit(connection: unknown): unknown;
} & { [handler in Handler]?: (...given: unknown[]) => unknown };

const handlers = ["handleEmptyQuery", "handleCopyData"] as const;
type Handler =
  | (typeof handlers)[number]
  | "handleRowDescription"
  | "handleDataRow"
  | "handlePortalSuspended"
  | "handleCommandComplete"
  | "handleError"
  | "handleReadyForQuery";

/** How it is sent. */
export type SubmittableEnvelope = Lead & {
  readonly key: string;
  heard(error: unknown): Error;
};

/** See the file's head. */
export class ScopedSubmittable {
  readonly #held: HeldClient;
  readonly #inner: Submittable;
  readonly #envelope: SubmittableEnvelope;
  readonly #isCopy: boolean;
  /** Commands before the caller's own whose completion is still to come. */
  #leading = 0;
  #handedOver = false;
  #bindings = 0;
  #weight: RowWeight | undefined;
  #onBound: (() => void) | undefined;
  #rebind: (() => void) | undefined;
  readonly callback = () => {};

  constructor(held: HeldClient, inner: Submittable, envelope: SubmittableEnvelope) {
    this.#held = held;
    this.#inner = inner;
    this.#envelope = envelope;
    this.#isCopy = firstToken(inner.text ?? "") === "COPY";
    for (const handler of handlers)
      Object.assign(this, { [handler]: (...given: unknown[]) => inner[handler]?.(...given) });
  }

  submit(connection: Connection): unknown {
    stateOf(this.#held.client).result.ends();
    const { parts, commands } = leadingParts(this.#held.client, this.#envelope);
    this.#leading = commands;
    if (!this.#isCopy) {
      connection.stream.write(Buffer.concat(parts));
      this.#handedOver = true;
      return this.#submitCursor(connection);
    }
    // A COPY stream reads the socket alone, piece by piece: nothing of it is put together, so its size needs no bound.
    this.#rebind = unbound(this.#held.client);
    parts.push(...unnamedStatement(this.#inner.text ?? ""), serialize.flush());
    this.#onBound = () => {
      this.#bindings += 1;
      if (this.#bindings === commands + 1) this.#handOver(connection);
    };
    connection.on("bindComplete", this.#onBound);
    connection.stream.write(Buffer.concat(parts));
    return undefined;
  }

  /**
   * What a cursor has parsed is held to the rule, and a simple query, which can carry many statements past it, ends the
   * connection. So does what fails here, as it leaves a message half sent.
   */
  #submitCursor(connection: Connection): unknown {
    const refuse = (cause?: unknown) => {
      const rule = "only cursors, and COPY … TO STDOUT, are streamed";
      connection.stream.destroy(new HestiaError("statement_refused", { rule }, { cause }));
    };
    const parse = (query: { text: string }, more: boolean) => {
      checkStatement(query.text);
      connection.parse(query, more);
    };
    try {
      return this.#inner.submit(withOwn(connection, { parse, query: () => refuse() }));
    } catch (cause) {
      return refuse(cause);
    }
  }

  /** The stream would send its text by itself, as a simple query of perhaps many statements: it executes ours instead. */
  #handOver(connection: Connection): void {
    this.#stopCounting(connection);
    this.#handedOver = true;
    const query = () => void connection.stream.write(Buffer.concat([execute, sync]));
    this.#inner.submit(withOwn(connection, { query }));
  }

  #stopCounting(connection: Connection): void {
    if (this.#onBound) connection.removeListener("bindComplete", this.#onBound);
    this.#onBound = undefined;
  }

  handleRowDescription(message: { fields: pg.FieldDef[] }, connection: unknown): void {
    this.#weight = rowWeight(message.fields, undefined);
    this.#inner.handleRowDescription?.(message, connection);
  }

  handleDataRow(message: { fields: unknown[] }, connection: unknown): void {
    const { result } = stateOf(this.#held.client);
    result.grow(this.#weight?.(message.fields) ?? 0);
    if (!result.refusal) this.#inner.handleDataRow?.(message, connection);
  }

  handleCommandComplete(message: unknown, connection: unknown): void {
    if (this.#leading > 0) this.#leading -= 1;
    else this.#inner.handleCommandComplete?.(message, connection);
  }

  handleError(error: Error & { code?: string; severity?: string }, connection: Connection): void {
    this.#stopCounting(connection);
    // A COPY stream was not yet there to end the message.
    if (this.#isCopy && !this.#handedOver && error.severity !== undefined) connection.sync();
    this.#inner.handleError?.(this.#envelope.heard(error), connection);
    afterError(connection, () => this.#end());
  }

  /** The caller has what it asked for: the next part is counted from nothing. */
  handlePortalSuspended(connection: unknown): void {
    stateOf(this.#held.client).result.ends();
    this.#inner.handlePortalSuspended?.(connection);
  }

  /** Its Sync would be lost in copy mode, so this connection would wait for ever: it is closed. */
  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy(copyFromRefused());
  }

  handleReadyForQuery(connection: unknown): void {
    this.#end();
    this.#inner.handleReadyForQuery?.(connection);
  }

  #end(): void {
    stateOf(this.#held.client).result.ends();
    this.#rebind?.();
    this.#rebind = undefined;
  }
}

/** The connection as the caller's submittable sees it, with some of its methods our own. */
function withOwn(connection: Connection, own: Partial<Connection>): Connection {
  return new Proxy(connection, {
    get(target, property) {
      if (Object.hasOwn(own, property)) return own[property as keyof Connection];
      const value = Reflect.get(target, property) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
