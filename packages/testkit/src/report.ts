// What a check found. Invariant: what could not be proven stands beside what leaked, and both make the check fail.

import type { IsolationModel } from "@hestia/core";

/** One mutation: a protection was weakened, and did the probes see it? */
export type MutationResult = { readonly name: string; readonly caught: boolean };

/** Why a finding is one: a row or a fact leaked; a mutation survived; something could not be played; production differs. */
export type FindingKind = "leak" | "survivor" | "unproven" | "difference";

/** Something that keeps isolation from being proven. */
export type Finding = {
  readonly kind: FindingKind;
  /** The attack or the mutation. */
  readonly name: string;
  /** The isolation model, or `routes`. */
  readonly model?: IsolationModel | "routes" | undefined;
  /** The table, view, function, sequence or route. */
  readonly object?: string | undefined;
  /** Through the library, raw, or by HTTP. */
  readonly way?: string | undefined;
  /** What was seen. */
  readonly detail: string;
};

/** How many probes of a kind were played. */
export type ReportGroup = {
  readonly model: string;
  readonly group: string;
  readonly probes: number;
  readonly failed: number;
};

/** The whole result. */
export type IsolationReport = {
  /** What was checked, without a password. */
  readonly target: string;
  /** UTC, ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly probes: number;
  readonly failed: number;
  readonly mutations: readonly MutationResult[];
  readonly findings: readonly Finding[];
  /** PostgreSQL's version. */
  readonly server: string;
  readonly full: boolean;
  readonly models: readonly IsolationModel[];
  /** What was discovered and attacked. */
  readonly objects: Readonly<
    Record<"tables" | "views" | "functions" | "sequences" | "routes", number>
  >;
  readonly groups: readonly ReportGroup[];
};

/** Whether isolation was proven. */
export const isProven = ({ findings }: Pick<IsolationReport, "findings">): boolean =>
  findings.length === 0;

/** The result for programs: these members and no others. */
export function toJson(report: IsolationReport) {
  const { target, startedAt, finishedAt, probes, failed, mutations, findings } = report;
  return {
    ...{ target, startedAt, finishedAt, probes, failed },
    mutations: mutations.map(({ name, caught }) => ({ name, caught })),
    findings,
  };
}
