// Operations that are run at once by the server that begins them, without the queue: what they do is a few statements, and
// the queue would cost more than that. They are as durable: the row names its holder, and whoever finds that holder's
// lease gone puts the operation on the queue.
import { setTimeout as delay } from "node:timers/promises";
import type { Operation, OperationId } from "@hestia/core";
import {
  type Claim,
  FenceLost,
  freeClaimed,
  type StoredOperation,
} from "@hestia/postgres/platform";
import { type Platform, tenantLog } from "../platform.ts";
import { ClaimLost, type OperationDefinition } from "./kinds.ts";
import { enqueue } from "./queue.ts";
import { runTaken } from "./run-operation.ts";

/** An operation that is to be run here as soon as its transaction is committed. */
export type Begun = {
  readonly definition: OperationDefinition;
  readonly claim: Claim;
  readonly stored: StoredOperation;
  /** What doing all its steps at once needs to know, where whoever began it knows it. */
  readonly known: unknown;
};

/** How many run at a time: each holds a connection of the platform's. */
const atOnceMax = 8;
/** How many there may be, waiting ones included; more go to the queue. */
const heldMax = 200;

/** The operations that one process runs by itself. */
export class Here {
  readonly #running = new Map<OperationId, Promise<Operation | undefined>>();
  readonly #waiting: (() => void)[] = [];
  #free = atOnceMax;

  /** Whether another one can be taken. */
  get hasRoom(): boolean {
    return this.#running.size < heldMax;
  }

  /** The run of an operation that is run here: resolves with how it ended, or with nothing where another goes on with it. */
  find(operationId: OperationId): Promise<Operation | undefined> | undefined {
    return this.#running.get(operationId);
  }

  /** Runs it; never rejects. */
  async run(platform: Platform, begun: Begun, signal: AbortSignal): Promise<void> {
    const { operationId } = begun.claim;
    const run = this.#inTurn(() => this.#run(platform, begun, signal));
    this.#running.set(operationId, run);
    await run.finally(() => this.#running.delete(operationId));
  }

  /** Resolves when none is run any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(
    platform: Platform,
    { definition, claim, stored, known }: Begun,
    signal: AbortSignal,
  ): Promise<Operation | undefined> {
    try {
      const how = { platform, signal, lastTry: false, onlyAtOnce: true };
      return await runTaken({ claim, stored, known }, definition, how);
    } catch (error) {
      if (error instanceof ClaimLost || error instanceof FenceLost) return undefined;
      const { id: operationId, tenantId } = stored.operation;
      tenantLog(platform.log, tenantId).info({ err: error, operationId }, "handed to the queue");
      await handOver(platform, claim, stored.operation, signal);
      return undefined;
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

// While the database is away it is tried again; when this process ends first, its lease ends with it.
async function handOver(
  { db, log }: Platform,
  claim: Claim,
  operation: Operation,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      await db.asPlatform(async (tx) => {
        if (await freeClaimed(tx, claim)) await enqueue(tx, operation);
      });
      return;
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, operationId: claim.operationId }, "not handed to the queue yet");
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
}
