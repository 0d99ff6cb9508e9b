// The SQL of isolation checks. A check follows its operation: what ends the one is written with the end of the other.
import {
  HestiaError,
  type IsolationCheck,
  type IsolationCheckCounts,
  type IsolationCheckDetail,
  type IsolationCheckId,
  type IsolationCheckStatus,
  type IsolationModel,
  type JsonObject,
  type OperationId,
  type Page,
} from "@hestia/core";
import type { Selectable } from "kysely";
import { naming } from "./constraints.ts";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

const columns = [
  "id",
  "operation_id",
  "status",
  "models",
  "full_check",
  "started_by",
  "created_at",
  "finished_at",
  "counts",
  "problem",
] as const;

const errors = {
  isolation_checks_running: () => new HestiaError("isolation_check_running"),
};

/** Inserts a check that runs; throws `isolation_check_running`. */
export async function insertIsolationCheck(tx: PlatformTx, check: IsolationCheck): Promise<void> {
  const values = {
    id: check.id,
    operation_id: check.operationId,
    status: check.status,
    models: JSON.stringify(check.models),
    full_check: check.full,
    started_by: check.startedBy,
    created_at: check.createdAt,
  };
  await naming(errors, tx.insertInto("isolation_checks").values(values).execute());
}

/** How a check ended. */
export type IsolationCheckEnd = {
  readonly status: IsolationCheckStatus;
  readonly finishedAt: Date;
  readonly counts?: IsolationCheckCounts | undefined;
  readonly report?: JsonObject | undefined;
  readonly problem?: string | undefined;
};

/** Writes the end of the operation's check; returns it. */
export async function finishIsolationCheck(
  tx: PlatformTx,
  operationId: OperationId,
  { status, finishedAt, counts, report, problem }: IsolationCheckEnd,
): Promise<IsolationCheck> {
  const row = await tx
    .updateTable("isolation_checks")
    .set({
      status,
      finished_at: finishedAt,
      counts: counts === undefined ? null : JSON.stringify(counts),
      report: report === undefined ? null : JSON.stringify(report),
      problem: problem ?? null,
    })
    .where("operation_id", "=", operationId)
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toCheck(row);
}

/** Has the operation's check run again; throws `isolation_check_running` where another does. */
export async function restartIsolationCheck(
  tx: PlatformTx,
  operationId: OperationId,
): Promise<void> {
  const running = { status: "running", finished_at: null, problem: null };
  await naming(
    errors,
    tx
      .updateTable("isolation_checks")
      .set(running)
      .where("operation_id", "=", operationId)
      .execute(),
  );
}

/** Returns the check with its report; throws `isolation_check_not_found`. */
export async function getIsolationCheck(
  tx: PlatformTx,
  id: IsolationCheckId,
): Promise<IsolationCheckDetail> {
  const row = await tx
    .selectFrom("isolation_checks")
    .select([...columns, "report"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (row === undefined) throw new HestiaError("isolation_check_not_found");
  return { ...toCheck(row), report: (row.report as JsonObject | null) ?? undefined };
}

const newestFirst: Keyset = {
  column: "isolation_checks.created_at",
  id: "isolation_checks.id",
  kind: "time",
  descending: true,
};

/** Returns one page of checks, the newest first; throws `cursor_invalid`. */
export async function listIsolationChecks(
  tx: PlatformTx,
  {
    filter,
    ...page
  }: PageRequest & {
    filter: { readonly status?: readonly IsolationCheckStatus[] | undefined };
  },
): Promise<Page<IsolationCheck>> {
  const binding = { sort: "-createdAt", filter: { ...filter } };
  const { status } = filter;
  const rows = await tx
    .selectFrom("isolation_checks")
    .select(columns)
    .$if(status !== undefined, (query) => query.where("status", "in", status ?? []))
    .where(afterCursor(newestFirst, page, binding))
    .orderBy(keysetOrder(newestFirst))
    .limit(page.limit + 1)
    .execute();
  return pageOfRows(rows.map(toCheck), page, binding, ({ createdAt, id }) => [createdAt, id]);
}

type Row = Pick<Selectable<PlatformTables["isolation_checks"]>, (typeof columns)[number]>;

function toCheck(row: Row): IsolationCheck {
  return {
    id: row.id as IsolationCheckId,
    operationId: row.operation_id as OperationId,
    status: row.status as IsolationCheckStatus,
    models: row.models as unknown as readonly IsolationModel[],
    full: row.full_check,
    startedBy: row.started_by,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
    counts: (row.counts as IsolationCheckCounts | null) ?? undefined,
    problem: row.problem ?? undefined,
  };
}
