// Applies migrations to many targets of one server, with a few sessions beside each other. A target that others hold is
// left and tried again behind all others; one that fails keeps nobody else.
// Invariant: a file and its row in the target's ledger commit together, so that whoever comes next finds what was done.

import { setTimeout as delay } from "node:timers/promises";
import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { isUnavailable } from "../failures.ts";
import { FenceLost } from "./fence.ts";
import { literal, quoted, type Roles } from "./identifiers.ts";
import { findMissing, tryFile } from "./migrate.ts";
import { isContention, migrationFailure } from "./migration-failure.ts";
import { checkText, type MigrationFile } from "./migration-files.ts";
import { type MigrationTarget, type Patience, pauseBefore } from "./migration-target.ts";
import { isPlain } from "./plain-files.ts";
import { runScript } from "./script.ts";

/** A target and what it lacks. */
export type FleetJob = {
  /** What outcomes are told under. */
  readonly target: string;
  /** Its schema. */
  readonly place: string;
  /** A database of its own, whose ledger says anew what it lacks. */
  readonly database?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly files: readonly MigrationFile[];
};

/** What came of a file at a target. */
export type FleetOutcome = { readonly target: string; readonly file: MigrationFile } & (
  | { readonly end: "applied"; readonly durationMs: number }
  /** Another runner has applied it. */
  | { readonly end: "there" }
  /** `blocks`: it would fail again; otherwise others held it through every attempt. */
  | { readonly end: "failed"; readonly error: Error; readonly blocks: boolean }
);

/** How a fleet is worked through. */
export type FleetOptions = {
  readonly sessions: number;
  readonly patience: Patience;
  /** All stored files, by which a database of its own is compared with its ledger. */
  readonly stored: readonly MigrationFile[];
  readonly onOutcomes: (outcomes: readonly FleetOutcome[]) => void | Promise<void>;
  /** Asked between targets. */
  readonly isOver: () => boolean;
};

/** How a server is reached, and as whom. */
export type FleetPlace = {
  readonly dataUrl: string;
  readonly urlOf: (database: string) => string;
  readonly roles: Roles;
  /** Opens a session, which the caller ends; throws `FenceLost` once another has taken the work up. */
  readonly connect: (url: string) => Promise<pg.Client>;
};

/** Transactions in one message: each commits by itself, so no lock is held longer for it. */
const batchMax = 20;

/** Works through the jobs; throws `database_unavailable` when the data database cannot be reached. */
export async function runFleet(
  place: FleetPlace,
  jobs: readonly FleetJob[],
  options: FleetOptions,
): Promise<void> {
  for (const file of new Set(jobs.flatMap((job) => job.files))) checkText(file);
  const state: State = { queue: [...jobs], deferred: [], failure: undefined };
  for (let attempt = 1; ; attempt += 1) {
    await workThrough(place, state, { ...options, isLast: attempt >= options.patience.attempts });
    if (state.failure !== undefined) throw state.failure;
    if (state.deferred.length === 0 || options.isOver()) return;
    await delay(pauseBefore(attempt, options.patience.pauseMs));
    state.queue.push(...state.deferred.splice(0));
  }
}

type State = {
  readonly queue: FleetJob[];
  readonly deferred: FleetJob[];
  failure: unknown;
};

type RoundOptions = FleetOptions & { readonly isLast: boolean };

async function workThrough(place: FleetPlace, state: State, options: RoundOptions): Promise<void> {
  const sessions = Math.min(options.sessions, Math.max(1, state.queue.length));
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      const session = new Session(place, state, options);
      try {
        await session.run();
      } catch (error) {
        // The other sessions end at their next chance, and nothing is thrown before they have.
        state.failure ??= error;
      } finally {
        await session.end();
      }
    }),
  );
}

/** A file for a target. */
type Unit = { readonly job: FleetJob; readonly file: MigrationFile };

/** One session's work. */
class Session {
  readonly #place: FleetPlace;
  readonly #state: State;
  readonly #options: RoundOptions;
  #data: pg.Client | undefined;

  constructor(place: FleetPlace, state: State, options: RoundOptions) {
    this.#place = place;
    this.#state = state;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (;;) {
      if (this.#state.failure !== undefined || this.#options.isOver()) return;
      const batch = this.#takePlain();
      if (batch.length > 0) {
        await this.#runPlain(batch);
        continue;
      }
      const job = this.#state.queue.shift();
      if (job === undefined) return;
      await (job.database === undefined ? this.#runJob(job) : this.#runDatabase(job));
    }
  }

  async end(): Promise<void> {
    await this.#data?.end().catch(() => {});
  }

  /** Jobs from the head of the queue that can go in one message. */
  #takePlain(): FleetJob[] {
    const { queue } = this.#state;
    let count = 0;
    for (const { database, files } of queue) {
      if (count >= batchMax || database !== undefined || !files.every(isPlainFile)) break;
      count += 1;
    }
    return queue.splice(0, count);
  }

  async #runPlain(jobs: readonly FleetJob[]): Promise<void> {
    const client = await this.#connected();
    let units = jobs.flatMap((job) => job.files.map((file): Unit => ({ job, file })));
    while (units.length > 0) {
      const { done, failure } = await sendPlain(client, units, this.#place.roles, this.#options);
      await this.#options.onOutcomes(done);
      const failed = units[done.length];
      if (failure === undefined || failed === undefined) return;
      if (isUnavailable(failure.error)) throw unavailable(this.#place.dataUrl, failure.error);
      units = units.slice(done.length);
      const target = this.#targetOf(failed.job, failed.file);
      // What the message cannot decide the careful way does: another runner may have been quicker.
      const ended = isContention(failure.error)
        ? await this.#defer(failed.job, failed.file, failure.error)
        : await this.#runFile(client, failed, target);
      units = ended ? units.slice(1) : units.filter((unit) => unit.job !== failed.job);
    }
  }

  async #runJob(job: FleetJob): Promise<void> {
    const client = await this.#connected();
    for (const file of job.files)
      if (!(await this.#runFile(client, { job, file }, this.#targetOf(job, file)))) return;
  }

  /** The tenant's own ledger is asked on the way: it may have been restored, and its connection is there anyway. */
  async #runDatabase(job: FleetJob): Promise<void> {
    const { urlOf, connect } = this.#place;
    let client: pg.Client | undefined;
    let at = job.files[0];
    try {
      client = await connect(urlOf(job.database ?? ""));
      for (const set of ["shared", "tenant"] as const) {
        const target = this.#targetOf(job, { set });
        const wanted = this.#options.stored.filter((file) => file.set === set);
        const missing = await findMissing(client, wanted, target);
        const there = job.files.filter((file) => file.set === set && !missing.includes(file));
        await this.#options.onOutcomes(
          there.map((file) => ({ target: job.target, file, end: "there" })),
        );
        for (const file of missing) {
          at = file;
          checkText(file);
          if (!(await this.#runFile(client, { job, file }, target))) return;
        }
      }
    } catch (error) {
      if (at !== undefined) await this.#failOrDefer(job, at, error);
    } finally {
      await client?.end().catch(() => {});
    }
  }

  /** False when the target gets nothing further for now. */
  async #runFile(client: pg.ClientBase, unit: Unit, target: MigrationTarget): Promise<boolean> {
    const { job, file } = unit;
    const start = performance.now();
    const tried = await tryFile(client, file, target);
    if (tried === "applied" || tried === "there") {
      const durationMs = performance.now() - start;
      await this.#options.onOutcomes([{ target: job.target, file, end: tried, durationMs }]);
      return true;
    }
    if (job.database === undefined && isUnavailable(tried.error))
      throw unavailable(this.#place.dataUrl, tried.error);
    return this.#failOrDefer(job, file, tried.error, tried.completed);
  }

  async #failOrDefer(
    job: FleetJob,
    file: MigrationFile,
    error: unknown,
    completed?: number,
  ): Promise<false> {
    // Nothing that the target did: the whole run is somebody else's.
    if (error instanceof FenceLost) throw error;
    if (isContention(error) || isOutOfReach(error)) return this.#defer(job, file, error, completed);
    const failure = migrationFailure(file, error, completed);
    await this.#options.onOutcomes([
      { target: job.target, file, end: "failed", error: failure, blocks: true },
    ]);
    return false;
  }

  async #defer(
    job: FleetJob,
    file: MigrationFile,
    error: unknown,
    completed?: number,
  ): Promise<false> {
    const files = job.files.slice(job.files.indexOf(file));
    if (!this.#options.isLast) {
      this.#state.deferred.push(job.database === undefined ? { ...job, files } : job);
      return false;
    }
    const failure = migrationFailure(file, error, completed);
    await this.#options.onOutcomes([
      { target: job.target, file, end: "failed", error: failure, blocks: false },
    ]);
    return false;
  }

  #targetOf(job: FleetJob, { set }: Pick<MigrationFile, "set">): MigrationTarget {
    const { roles } = this.#place;
    const { patience } = this.#options;
    const other = { ...patience, otherRunnerMs: patience.lockTimeoutMs };
    return set === "shared"
      ? { place: "shared", set, roles, patience: other }
      : { place: job.place, set, roles, tenantId: job.tenantId, patience: other };
  }

  async #connected(): Promise<pg.Client> {
    this.#data ??= await this.#place.connect(this.#place.dataUrl);
    return this.#data;
  }
}

const plainKnown = new WeakMap<MigrationFile, boolean>();

function isPlainFile(file: MigrationFile): boolean {
  const known = plainKnown.get(file) ?? isPlain(file);
  plainKnown.set(file, known);
  return known;
}

function unavailable(url: string, cause: unknown): HestiaError {
  return new HestiaError("database_unavailable", { server: new URL(url).host }, { cause });
}

const isOutOfReach = (error: unknown) =>
  isUnavailable(error) || (error instanceof HestiaError && error.code === "database_unavailable");

/** What a message of plain files came to; `done` is the units before the one that failed. */
type Sent = { readonly done: readonly FleetOutcome[]; readonly failure?: { error: unknown } };

// Each unit is a transaction of its own in one message. The ledger's row comes behind the file: what another runner has
// applied fails here or there, and is taken back whole.
async function sendPlain(
  client: pg.Client,
  units: readonly Unit[],
  roles: Roles,
  { patience }: RoundOptions,
): Promise<Sent> {
  const values: string[] = [];
  const text = `reset all; set role ${quoted(roles.owner)}; set lock_timeout = ${patience.lockTimeoutMs};
    set statement_timeout = ${patience.statementTimeoutMs ?? 0}; set plan_cache_mode = force_generic_plan;
    set search_path = pg_catalog; deallocate all; ${prepareText};\n${units.map(plainText).join("\n")}\nreset role; deallocate all`;
  const ignore = () => {};
  const outcomes = (count: number): FleetOutcome[] =>
    units.slice(0, count).map(({ job, file }, index) => ({
      target: job.target,
      file,
      end: "applied",
      durationMs: Number(values[index]) - Number(values[index - 1] ?? 0),
    }));
  try {
    await runScript(client, text, ignore, (value) => values.push(value));
    return { done: outcomes(units.length) };
  } catch (error) {
    await client.query("rollback; reset role").catch(ignore);
    // A row came of each insert; whether the last one's transaction was committed the ledger knows.
    const done = await committed(client, units, values.length);
    return { done: outcomes(done), failure: { error } };
  }
}

async function committed(
  client: pg.Client,
  units: readonly Unit[],
  inserted: number,
): Promise<number> {
  const last = units[inserted - 1];
  if (last === undefined) return 0;
  const { rowCount } = await client
    .query("select from hestia.migrations where place = $1 and set = $2 and name = $3", [
      last.job.place,
      last.file.set,
      last.file.name,
    ])
    .catch(() => ({ rowCount: 0 }));
  return rowCount === 1 ? inserted : inserted - 1;
}

// Planned once a message, which holds as long as it is run under the search_path that it was planned under. Times count from the message's beginning, which is when PostgreSQL lets all its transactions begin.
const prepareText = `prepare hestia_applied (text, text, text, text) as
  insert into hestia.migrations (place, set, name, checksum, duration_ms)
  values ($1, $2, $3, $4, 1000 * extract(epoch from clock_timestamp() - now())) returning duration_ms`;

function plainText({ job, file }: Unit): string {
  const values = [job.place, file.set, file.name, file.checksum].map(literal).join(", ");
  return `begin; set local search_path = ${quoted(job.place)}, shared, extensions;
${file.sql}
;set local search_path = pg_catalog; execute hestia_applied (${values}); commit;`;
}
