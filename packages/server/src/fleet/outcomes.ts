// What comes of a run, as it comes: noted in the fleet's ledger in batches, counted, and told to whoever watches. What is
// not noted when the process dies the targets' own ledgers know.
import { isHestiaError, type Operation } from "@hestia/core";
import {
  type FleetOutcome,
  findOperation,
  type LedgerEntry,
  type LedgerFailure,
  pathOf,
  recordOutcomes,
} from "@hestia/postgres/platform";
import type { Job } from "../engine/kinds.ts";
import type { Platform } from "../platform.ts";

const batchMax = 500;
const flushMs = 250;
const noteMs = 500;

/** A target that failed. */
type Failed = { readonly target: string; readonly file: string; readonly message: string };

/** What came of a run so far. */
export class Outcomes {
  readonly failed: Failed[] = [];
  /** Of the present wave. */
  waveFailed = 0;
  done = 0;
  isCancelled = false;
  #wave = "";
  #waiting: FleetOutcome[] = [];
  #left = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();
  #writeFailure: unknown;
  #flushedAt = 0;
  #notedAt = 0;
  #watching: NodeJS.Timeout | undefined;
  readonly #startedAt: number;
  readonly #job: Job;
  readonly #incarnations: ReadonlyMap<string, string | undefined>;
  readonly #total: number;

  constructor(
    job: Job,
    {
      incarnations,
      total,
    }: { incarnations: ReadonlyMap<string, string | undefined>; total: number },
  ) {
    this.#job = job;
    this.#incarnations = incarnations;
    this.#total = total;
    this.#startedAt = performance.now();
    this.#flushedAt = this.#startedAt;
  }

  /** Whether the run has to end before its targets do. */
  get isOver(): boolean {
    return this.isCancelled || this.#job.signal.aborted || this.#writeFailure !== undefined;
  }

  /** Hears while the work goes on whether somebody wants it to end; `finish` ends that. */
  watch(): void {
    const { platform, operation } = this.#job;
    this.#watching = setInterval(() => {
      isCancelled(platform, operation).then(
        (is) => {
          this.isCancelled ||= is;
        },
        (error: unknown) => platform.log.debug({ err: error }, "it is not known who cancelled"),
      );
    }, noteMs);
  }

  /** Begins a wave; `files` is how many each of its targets lacks. */
  beginWave(name: string, files: ReadonlyMap<string, number>): void {
    this.#wave = name;
    this.waveFailed = 0;
    this.#left = new Map(files);
  }

  /** Takes outcomes in; waits only when writing cannot keep up. */
  async add(outcomes: readonly FleetOutcome[]): Promise<void> {
    for (const outcome of outcomes) this.#count(outcome);
    this.#waiting.push(...outcomes);
    const isDue = performance.now() - this.#flushedAt > flushMs;
    if (isDue || this.#waiting.length >= batchMax) this.#flush();
    if (this.#waiting.length >= 4 * batchMax) await this.#writing;
    if (performance.now() - this.#notedAt > noteMs) this.#note();
  }

  /** Writes what is left; throws what writing failed with. */
  async finish(): Promise<void> {
    clearInterval(this.#watching);
    this.#flush();
    await this.#writing;
    this.#note();
    if (this.#writeFailure !== undefined) throw this.#writeFailure;
  }

  #count(outcome: FleetOutcome): void {
    const { target, file } = outcome;
    const left = (this.#left.get(target) ?? 1) - 1;
    this.#left.set(target, left);
    if (outcome.end === "failed") {
      this.waveFailed += 1;
      this.failed.push({ target, file: pathOf(file), message: messageOf(outcome.error) });
    } else if (left === 0) this.done += 1;
  }

  #flush(): void {
    const outcomes = this.#waiting;
    this.#waiting = [];
    this.#flushedAt = performance.now();
    this.#writing = this.#writing
      .then(() => this.#write(outcomes))
      .catch((error: unknown) => {
        this.#writeFailure ??= error;
      });
  }

  async #write(outcomes: readonly FleetOutcome[]): Promise<void> {
    const { platform } = this.#job;
    const applied = outcomes.flatMap((each) => this.#entryOf(each));
    const failed = outcomes.flatMap((each) => failureOf(each, platform));
    await platform.db.asPlatform(async (tx) => {
      await recordOutcomes(tx, { applied, failed }, platform.now());
    });
  }

  #entryOf(outcome: FleetOutcome): LedgerEntry[] {
    if (outcome.end === "failed") return [];
    const { target, file } = outcome;
    const durationMs = outcome.end === "applied" ? outcome.durationMs : 0;
    const { set, name, checksum } = file;
    const incarnation = this.#incarnations.get(target);
    return [{ target, set, name, checksum, durationMs, incarnation }];
  }

  #note(): void {
    this.#notedAt = performance.now();
    const ended = this.done + this.failed.length;
    const elapsed = performance.now() - this.#startedAt;
    const leftMs = ended === 0 ? undefined : (elapsed / ended) * (this.#total - ended);
    const parts = [
      `${this.#wave}: ${this.done} of ${this.#total} targets`,
      ...(this.failed.length > 0 ? [`${this.failed.length} failed`] : []),
      ...(leftMs !== undefined && leftMs > 1_000 ? [`about ${secondsText(leftMs)} left`] : []),
    ];
    void this.#job.note(parts.join(", "), this.#total === 0 ? 1 : ended / this.#total);
  }
}

function secondsText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function failureOf(outcome: FleetOutcome, { log }: Platform): LedgerFailure[] {
  if (outcome.end !== "failed") return [];
  const { target, file, error, blocks } = outcome;
  log.warn({ err: error, target, file: pathOf(file) }, "a target did not get its migration");
  const { set, name, checksum } = file;
  const line = isHestiaError(error) ? (error.details.line as number | undefined) : undefined;
  return [{ target, set, name, checksum, error: messageOf(error), line, blocks }];
}

/** What may be told of an error; the log has the rest. */
export const messageOf = (error: unknown): string =>
  isHestiaError(error) && error.kind !== "internal"
    ? error.message
    : "Something went wrong inside; the log has the details.";

/** Whether somebody asked to cancel the operation. */
export async function isCancelled(
  { db }: Platform,
  { id }: Pick<Operation, "id">,
): Promise<boolean> {
  const stored = await db.asPlatform((tx) => findOperation(tx, id));
  return stored?.operation.cancelRequestedAt !== undefined;
}
