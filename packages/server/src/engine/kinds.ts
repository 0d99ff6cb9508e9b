// What an operation of some kind does, as data: steps in their order, each idempotent, with how to take it back.
import type { JsonObject, Operation, OperationFailure } from "@hestia/core";
import type { Cluster, OperationOrigin, PlatformTx } from "@hestia/postgres/platform";
import type { Platform } from "../platform.ts";

/** What a step gets to work with. */
export type Job = {
  /** As everyone has it, but its databases take nothing from a process that has lost the operation. */
  readonly platform: Platform;
  readonly operation: Operation;
  readonly origin: OperationOrigin;
  /**
   * The cluster of this name, for as long as this process has the operation: once another has taken it up, nothing is
   * written there any more. Throws `cluster_not_found`.
   */
  cluster(name: string): Cluster;
  /** Tells people what the step is at, and how much of it is done (0 to 1); kept with the step. */
  note(detail: string, share?: number): Promise<void>;
  /** Aborted when this process has to let go: a long step stops at its next chance. */
  readonly signal: AbortSignal;
};

/** One step. `run` may have run before, in part or in whole, whenever it is called. */
export type Step<Result = unknown> = {
  readonly name: string;
  /** The work, outside any transaction of the platform. */
  run?(job: Job): Promise<Result>;
  /** What is written together with the step's end; returns a few words about it. */
  commit?(tx: PlatformTx, job: Job, result: Result): Promise<string | undefined>;
  /** What the operation tells programs once it has succeeded. */
  result?(result: Result): JsonObject | undefined;
  /** Takes the work back, also if it was done in part. */
  undo?(job: Job): Promise<void>;
  /** What is written together with the taking back. */
  uncommit?(tx: PlatformTx, job: Job): Promise<void>;
};

/**
 * How all steps of an operation are done together, in one transaction that announces no change of a tenant's row, where
 * nothing has to be made for it. The steps stay
 * what they are: what `commit` does in other databases their `undo` takes back.
 */
export type AtOnce<Known> = {
  /** Finds out whether it can be done, and with what; changes nothing. Undefined: step by step. */
  find(job: Job): Promise<Known | undefined>;
  /** Work before, outside the transaction; may have been done before. */
  run?(job: Job, known: Known): Promise<void>;
  /** What is written with the end of all steps, the tenant's lock first. Returns a few words about some; undefined: step by step. */
  commit(
    tx: PlatformTx,
    job: Job,
    known: Known,
  ): Promise<Readonly<Record<string, string>> | undefined>;
};

/** Makes it, with the type of what is known inferred. */
export function atOnce<Known>(definition: AtOnce<Known>): AtOnce<Known> {
  return definition;
}

/** One kind of operation. */
export type OperationDefinition = {
  readonly kind: string;
  // Each step has a result type of its own, which nothing but the step needs to know.
  // biome-ignore lint/suspicious/noExplicitAny: a list of steps has no one result type
  readonly steps: readonly Step<any>[];
  // biome-ignore lint/suspicious/noExplicitAny: what is known is the kind's own
  readonly atOnce?: AtOnce<any>;
  /** How long it may take, waiting included; then it is given up and undone. */
  readonly deadlineMs?: number;
  /** Written with the operation's failure. */
  onFailed?(
    tx: PlatformTx,
    job: Pick<Job, "platform" | "operation" | "origin">,
    error: OperationFailure,
  ): Promise<void>;
  /** Written with its cancelling. */
  onCancelled?(tx: PlatformTx, job: Pick<Job, "platform" | "operation" | "origin">): Promise<void>;
  /** Written when it is queued again. */
  onRetried?(tx: PlatformTx, job: Pick<Job, "platform" | "operation" | "origin">): Promise<void>;
};

/** Makes a step, with the type of its result inferred. */
export function step<Result>(definition: Step<Result>): Step<Result> {
  return definition;
}

/** Thrown by a step that finds itself no longer wanted: the operation is undone and cancelled. */
export class NoLongerWanted extends Error {
  override readonly name = "NoLongerWanted";
}

/** Thrown when another process has taken the operation up: this one lets go without a trace. */
export class ClaimLost extends Error {
  override readonly name = "ClaimLost";
}

/** Thrown when this process is stopping: another takes the operation up. */
export class LetGo extends Error {
  override readonly name = "LetGo";
}
