// Isolation checks: a dated proof, or what kept it from being one. A check that runs is one at a time; a finished one
// never changes.
import type { IsolationCheckId, OperationId } from "./ids.ts";
import type { JsonObject } from "./json.ts";
import type { IsolationModel } from "./tenants.ts";

/** The states of a check: `proven` has no finding, `failed` came to no result. */
export const isolationCheckStatuses = [
  "running",
  "proven",
  "findings",
  "failed",
  "cancelled",
] as const;
/** One state of a check. */
export type IsolationCheckStatus = (typeof isolationCheckStatuses)[number];

/** What a check came to, in numbers. */
export type IsolationCheckCounts = {
  readonly probes: number;
  readonly failed: number;
  readonly mutations: number;
  readonly caught: number;
  /** Of the attacks, and of the doctor's those that are errors. */
  readonly findings: number;
};

/** One isolation check. */
export type IsolationCheck = {
  readonly id: IsolationCheckId;
  readonly operationId: OperationId;
  readonly status: IsolationCheckStatus;
  readonly models: readonly IsolationModel[];
  /** Whether every mutation is played on every table, and every tenant's place compared. */
  readonly full: boolean;
  /** Who asked for it. */
  readonly startedBy: string;
  readonly createdAt: Date;
  readonly finishedAt?: Date | undefined;
  readonly counts?: IsolationCheckCounts | undefined;
  /** Why it came to no result. */
  readonly problem?: string | undefined;
};

/** A check with what it found. */
export type IsolationCheckDetail = IsolationCheck & { readonly report?: JsonObject | undefined };
