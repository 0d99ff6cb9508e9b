// The engine of a server process: its workers and their lease, which live and die together. When either is lost the
// engine starts both anew; what was running is taken up by whoever comes first.
import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import {
  HestiaError,
  isFinished,
  makeId,
  makeOperation,
  type Operation,
  type OperationId,
  startAllSteps,
  type TenantId,
} from "@hestia/core";
import {
  type Database,
  getOperation,
  insertHeld,
  insertOperation,
  notifyOperations,
  type OperationOrigin,
  type PlatformTx,
} from "@hestia/postgres/platform";
import { type Runner, run, type Task, Logger as WorkerLogger } from "graphile-worker";
import type pg from "pg";
import type { Logger } from "pino";
import type { Platform } from "../platform.ts";
import { type Changes, makeChanges } from "./changes.ts";
import { type Estimate, makeEstimate } from "./estimate.ts";
import { type Begun as BegunHere, Here } from "./here.ts";
import { LetGo, type OperationDefinition } from "./kinds.ts";
import { isHeldSql, type Lease, takeLease } from "./lease.ts";
import { isTransient } from "./patience.ts";
import { enqueue, hurry, taskOf } from "./queue.ts";
import { runOperation } from "./run-operation.ts";
import { giveUp } from "./stuck.ts";
import { openWorkerPool } from "./worker-pool.ts";

/** What an engine needs. */
export type EngineOptions = {
  readonly databaseUrl: string;
  readonly db: Database;
  readonly log: Logger;
  /** What the names of all sessions of this process end with. */
  readonly instance: string;
  readonly definitions: readonly OperationDefinition[];
  /** How many operations run at a time in this process. */
  readonly concurrency: number;
};

/** What an operation is begun with: by whom, for which tenant, and what its steps shall know. */
export type Begun = Omit<OperationOrigin, "input"> & {
  readonly tenantId?: TenantId | undefined;
  readonly now: Date;
  readonly input?: OperationOrigin["input"];
};

/** The engine of a server process. */
export class Engine {
  /** News of operations, whoever runs them. */
  readonly changes: Changes = makeChanges();
  /** When an operation that runs is likely to end. */
  readonly estimate: Estimate;
  readonly definitions: ReadonlyMap<string, OperationDefinition>;
  readonly #options: EngineOptions;
  readonly #pool: pg.Pool;
  readonly #stopping = new AbortController();
  /** The jobs that were let go of, and how many tries that took each. */
  readonly #interrupted = new Map<string, number>();
  readonly #here = new Here();
  readonly #untold: OperationId[] = [];
  #telling: NodeJS.Timeout | undefined;
  #lease: Lease | undefined;
  /** One at a time: a server that answers slowly is not asked faster than it answers. */
  #beating = false;
  #life: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.estimate = makeEstimate(options.db);
    this.definitions = new Map(options.definitions.map((each) => [each.kind, each]));
    this.#pool = openWorkerPool({ ...options, max: options.concurrency + 3 });
  }

  /** The name under which this process holds its lease, empty while it has none. */
  get holder(): string {
    return this.#lease?.holder ?? "";
  }

  /** Starts the workers; resolves when they work. */
  async start(platform: Platform): Promise<void> {
    const session = await this.#open(platform);
    this.#life = this.#live(platform, session);
  }

  /** Makes an operation and has it run, with the transaction's commit. */
  async begin(
    tx: PlatformTx,
    definition: OperationDefinition,
    { actor, requestId, input = {}, ...begun }: Begun,
  ): Promise<Operation> {
    const operation = newOperation(definition, begun);
    await insertOperation(tx, operation, { actor, requestId, input });
    await enqueue(tx, operation);
    return operation;
  }

  /**
   * As `begin`, for an operation whose steps can be done at once: this process runs it itself, when `runHere` is called
   * after the transaction's commit. Where it has no lease, or too much to do, the queue gets it.
   */
  async beginHere(
    tx: PlatformTx,
    definition: OperationDefinition,
    { known, ...begun }: Begun & { readonly known: unknown },
  ): Promise<{ operation: Operation; here?: BegunHere }> {
    const { holder } = this;
    if (holder === "" || !this.#here.hasRoom || this.stopping.aborted)
      return { operation: await this.begin(tx, definition, begun) };
    const { now, actor, requestId, input = {} } = begun;
    const operation = startAllSteps(newOperation(definition, begun), now);
    const origin = { actor, requestId, input };
    const claim = await insertHeld(tx, operation, { ...origin, holder });
    const stored = { operation, origin, revision: "1" };
    return { operation, here: { definition, claim, stored, known } };
  }

  /** Runs what `beginHere` has begun. */
  runHere(platform: Platform, here: BegunHere): void {
    void this.#here.run(platform, here, this.stopping);
  }

  /** Waits for the operation to finish, at most so long; returns it as it then is. */
  async waitFor(
    operationId: OperationId,
    { waitMs, signal }: { waitMs: number; signal?: AbortSignal },
  ): Promise<Operation> {
    const until = performance.now() + waitMs;
    const signals = [
      this.#stopping.signal,
      AbortSignal.timeout(waitMs),
      ...(signal ? [signal] : []),
    ];
    const ended = await this.#waitHere(operationId, AbortSignal.any(signals));
    if (ended !== undefined) return ended;
    for (;;) {
      const changed = this.changes.next(operationId, AbortSignal.any(signals));
      const operation = await this.#options.db.asPlatform((tx) => getOperation(tx, operationId));
      const isOver = performance.now() >= until || signals.some((each) => each.aborted);
      if (isFinished(operation) || isOver) return operation;
      await changed;
    }
  }

  /** Tells followers that an operation has changed whose transaction did not; they are told of many together. */
  tell(operationId: OperationId): void {
    this.changes.announce(operationId);
    this.#untold.push(operationId);
    this.#telling ??= setTimeout(() => {
      const ids = this.#untold.splice(0);
      this.#telling = undefined;
      const told = (tx: PlatformTx) => notifyOperations(tx, ids);
      const how = { quiet: true, unflushed: true } as const;
      // A hint that may be lost: followers look by themselves too.
      void this.#options.db.asPlatform(told, how).catch(() => {});
    }, tellMs);
  }

  /** How an operation ended that this process runs itself; undefined where it is not that simple. */
  async #waitHere(operationId: OperationId, signal: AbortSignal): Promise<Operation | undefined> {
    const run = this.#here.find(operationId);
    if (run === undefined) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const give = () => resolve(undefined);
    signal.addEventListener("abort", give, { once: true });
    return Promise.race([run, promise]).finally(() => signal.removeEventListener("abort", give));
  }

  /** Tells whether the process of this lease lives. */
  async isHeld(holder: string): Promise<boolean> {
    if (holder === "") return false;
    try {
      const { rows } = await this.#pool.query<{ held: boolean }>(isHeldSql, [holder]);
      return rows[0]?.held === true;
    } catch (error) {
      throw new HestiaError("database_unavailable", { retryAfterSeconds: 1 }, { cause: error });
    }
  }

  /** Lets the running steps end within a bound and hands the rest on. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.changes.announce();
    await this.#here.settled();
    clearTimeout(this.#telling);
    await this.#life;
    await this.#pool.end();
  }

  /** Aborted when the process stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  async #live(platform: Platform, first: Session): Promise<void> {
    let session: Session | undefined = first;
    for (let pauseMs = 200; !this.stopping.aborted; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      if (session !== undefined) {
        await session.ended;
        await this.#close(session);
        pauseMs = 200;
      }
      if (this.stopping.aborted) return;
      await delay(pauseMs, undefined, { signal: this.stopping }).catch(() => {});
      session = await this.#open(platform).catch((error: unknown) => {
        platform.log.warn({ err: error }, "the workers cannot start; trying again");
        return undefined;
      });
    }
    if (session !== undefined) await this.#close(session);
  }

  async #open(platform: Platform): Promise<Session> {
    const abort = new AbortController();
    const events = new EventEmitter();
    const named = new Promise<string>((resolve) => {
      events.on("pool:create", ({ workerPool }: { workerPool: { id: string } }) =>
        resolve(workerPool.id),
      );
    });
    // A job that was perhaps taken, or whose end was perhaps not written, stays locked under the name of these workers:
    // nobody gets it before the name is dead.
    const unsure = new Promise<void>((resolve) => {
      for (const event of ["worker:getJob:error", "pool:fatalError"])
        events.once(event, ({ error }: { error: unknown }) => {
          platform.log.warn({ err: error }, "the queue does not answer; the workers start anew");
          resolve();
        });
    });
    const runner = await this.#run(platform, events, abort.signal);
    const died = runner.promise.catch(() => {});
    try {
      const { databaseUrl, instance } = this.#options;
      const holder = await named;
      const lease = await takeLease(databaseUrl, { holder, instance }, this.changes.announce);
      this.#lease = lease;
      this.changes.announce();
      const sweeping = setInterval(() => void this.#beat(lease, platform.log), beatMs);
      const stopped = new Promise<void>((resolve) =>
        this.stopping.addEventListener("abort", () => resolve()),
      );
      const ended = Promise.race([lease.ended, died, unsure, stopped]);
      return { runner, lease, abort, sweeping, ended };
    } catch (error) {
      abort.abort();
      await runner.stop().catch(() => {});
      throw error;
    }
  }

  #run(platform: Platform, events: EventEmitter, signal: AbortSignal): Promise<Runner> {
    return run({
      pgPool: this.#pool,
      concurrency: this.#options.concurrency,
      pollInterval: 1_000,
      noHandleSignals: true,
      gracefulShutdownAbortTimeout: stopWithinMs,
      logger: workerLogger(platform.log),
      events: events as NonNullable<Parameters<typeof run>[0]["events"]>,
      // Without a delay the ends of jobs are written by promises that nobody holds, and one that fails ends the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: Object.fromEntries(
        [...this.definitions.keys()].map((kind) => [taskOf(kind), this.#taskOf(platform, signal)]),
      ),
    });
  }

  #taskOf(platform: Platform, signal: AbortSignal): Task {
    return async (payload, { job }) => {
      const { operationId } = payload as { operationId: OperationId };
      const lastTry = job.attempts >= job.max_attempts;
      const options = { platform, signal, lastTry, definitions: this.definitions };
      await runOperation(operationId, options).catch(async (error: unknown) => {
        if (await isInterrupted(error, signal)) this.#noteInterrupted(job.id);
        else if (lastTry) await giveUp(platform, operationId, error);
        throw error;
      });
    };
  }

  async #beat(lease: Lease, log: Logger): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    try {
      const dead = await lease.beat();
      if (dead.length > 0) log.warn({ dead }, "took over the work of dead servers");
      await this.#hurryInterrupted();
    } catch (error) {
      log.warn({ err: error }, "the lease does not answer");
    } finally {
      this.#beating = false;
    }
  }

  async #close({ runner, lease, abort, sweeping }: Session): Promise<void> {
    clearInterval(sweeping);
    abort.abort();
    if (this.#lease === lease) this.#lease = undefined;
    const stopped = runner.stop().catch(() => {});
    await Promise.race([stopped, delay(stopWithinMs + 1_000, undefined, { ref: false })]);
    await lease.end();
    // What cannot be hurried now is with the beats to come.
    await this.#hurryInterrupted().catch(() => {});
  }

  #noteInterrupted(jobId: string): void {
    this.#interrupted.set(jobId, (this.#interrupted.get(jobId) ?? 0) + 1);
  }

  async #hurryInterrupted(): Promise<void> {
    const asked = new Map(this.#interrupted);
    if (asked.size === 0) return;
    const taken = new Set(await this.#options.db.asPlatform((tx) => hurry(tx, asked)));
    for (const [id, times] of asked)
      if (!taken.has(id) && this.#interrupted.get(id) === times) this.#interrupted.delete(id);
  }
}

/**
 * Whether this process had to let go of a job, however its step said so. That a database does not answer may be the first
 * that is heard of a lost lease: the lease's own word comes within a beat.
 */
async function isInterrupted(error: unknown, signal: AbortSignal): Promise<boolean> {
  if (isTransient(error)) await delay(beatMs, undefined, { signal }).catch(() => {});
  return error instanceof LetGo || signal.aborted;
}

function newOperation(
  { kind, steps, deadlineMs }: Pick<OperationDefinition, "kind" | "steps" | "deadlineMs">,
  { tenantId, now }: Pick<Begun, "tenantId" | "now">,
): Operation {
  const names = steps.map((each) => each.name);
  return makeOperation({
    id: makeId<OperationId>(now),
    ...{ kind, tenantId, steps: names, deadlineMs, now },
  });
}

type Session = {
  readonly runner: Runner;
  readonly lease: Lease;
  readonly abort: AbortController;
  readonly sweeping: NodeJS.Timeout;
  readonly ended: Promise<unknown>;
};

const beatMs = 500;
const tellMs = 20;
const stopWithinMs = 5_000;

/** The queue's own words are for its developers; errors of jobs are logged where they happen. */
function workerLogger(log: Logger): WorkerLogger {
  return new WorkerLogger(() => (level, message) => {
    if (level === "error") log.debug({ worker: message }, "queue");
    else log.trace({ worker: message }, "queue");
  });
}
