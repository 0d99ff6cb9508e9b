// The SQL of operations. Whoever takes one up raises its `attempt`, and writes from then on only while that is still
// its number: a process that lost its claim finds no row to lock.
import {
  type Actor,
  HestiaError,
  isFinished,
  type JsonObject,
  type Operation,
  type OperationFailure,
  type OperationId,
  type OperationStatus,
  type OperationStep,
  type Page,
  progressOf,
  type StepStatus,
  type TenantId,
} from "@hestia/core";
import { type Selectable, sql } from "kysely";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** Who asked for an operation, and with what; never on the wire. */
export type OperationOrigin = {
  readonly actor: Actor;
  readonly requestId?: string | undefined;
  readonly input: JsonObject;
};

/** The right to work on an operation, until someone else takes it up. */
export type Claim = {
  readonly operationId: OperationId;
  readonly attempt: number;
  /** Higher than that of every claim before it, of this or of any other operation: what clusters fence by. */
  readonly token: string;
};

/** Why the steps of an operation are being undone. */
export type Undoing =
  | { readonly step: string; readonly error: OperationFailure }
  | { readonly cancelled: true };

/** An operation with what only its workers know. */
export type StoredOperation = {
  readonly operation: Operation;
  readonly origin: OperationOrigin;
  /** Grows with every change. */
  readonly revision: string;
  readonly undoing?: Undoing | undefined;
};

/** Inserts an operation with its steps. */
export async function insertOperation(
  tx: PlatformTx,
  operation: Operation,
  origin: OperationOrigin,
): Promise<void> {
  await insertHeld(tx, operation, { ...origin, holder: undefined });
}

/**
 * Inserts an operation with its steps. One with a holder is taken up by that server in the same statement: what is
 * returned is its claim.
 */
export async function insertHeld(
  tx: PlatformTx,
  operation: Operation,
  { actor, requestId, input, holder }: OperationOrigin & { readonly holder: string | undefined },
): Promise<Claim> {
  const { id, kind, tenantId, createdAt } = operation;
  const attempt = holder === undefined ? 0 : 1;
  const { rows } = await sql<{ token: string }>`
    with made as (
      insert into platform.operations (id, kind, tenant_id, status, input, actor, request_id, created_at, deadline_at, attempt, holder)
      values (${id}, ${kind}, ${tenantId ?? null}, ${operation.status}, ${JSON.stringify(input)}, ${JSON.stringify(actor)},
        ${requestId ?? null}, ${createdAt}, ${operation.deadlineAt ?? null}, ${attempt}, ${holder ?? null})
    ), steps as (
      insert into platform.operation_steps (operation_id, position, name, status, started_at)
      select ${id}::uuid, position, name, status, started_at from ${sentSteps(operation)}
    )
    select case when ${attempt} > 0 then nextval('platform.fencing_tokens') end as token`.execute(
    tx,
  );
  return { operationId: id, attempt, token: rows[0]?.token ?? "" };
}

/** Returns the operation with its origin and revision, or undefined. */
export async function findOperation(
  tx: PlatformTx,
  operationId: OperationId,
): Promise<StoredOperation | undefined> {
  const row = await allOperations(tx).where("operations.id", "=", operationId).executeTakeFirst();
  return row && toStored(row);
}

/** Returns the operation; throws `operation_not_found`. */
export async function getOperation(tx: PlatformTx, operationId: OperationId): Promise<Operation> {
  const found = await findOperation(tx, operationId);
  if (!found) throw new HestiaError("operation_not_found");
  return found.operation;
}

/** Returns the operation, which no one else changes until the transaction ends; throws `operation_not_found`. */
export async function lockOperation(
  tx: PlatformTx,
  operationId: OperationId,
): Promise<StoredOperation> {
  await lockSubject(tx, operationId);
  const locked = await tx
    .selectFrom("operations")
    .select("id")
    .where("id", "=", operationId)
    .forUpdate()
    .executeTakeFirst();
  const found = locked && (await findOperation(tx, operationId));
  if (!found) throw new HestiaError("operation_not_found");
  return found;
}

// Whoever changes a tenant locks it before its operations; the same order here, or the two would wait for each other.
async function lockSubject(tx: PlatformTx, operationId: OperationId): Promise<void> {
  await tx
    .selectFrom("tenants")
    .innerJoin("operations", "operations.tenant_id", "tenants.id")
    .select("tenants.id")
    .where("operations.id", "=", operationId)
    .forNoKeyUpdate("tenants")
    .execute();
}

/** Takes an unfinished operation up, from whoever had it; undefined when there is nothing left to do. */
export async function claimOperation(
  tx: PlatformTx,
  operationId: OperationId,
): Promise<{ claim: Claim; stored: StoredOperation } | undefined> {
  const claimed = await tx
    .updateTable("operations")
    .set({ attempt: sql<number>`attempt + 1`, stuck_at: null, holder: null })
    .where("id", "=", operationId)
    .where("finished_at", "is", null)
    .returning(["attempt", sql<string>`nextval('platform.fencing_tokens')`.as("token")])
    .executeTakeFirst();
  const stored = claimed && (await findOperation(tx, operationId));
  return stored && { claim: { operationId, ...claimed }, stored };
}

/** Returns the claimed operation, locked; undefined when another process has taken it up. */
export async function lockClaimed(
  tx: PlatformTx,
  { operationId, attempt }: Omit<Claim, "token">,
): Promise<StoredOperation | undefined> {
  await lockSubject(tx, operationId);
  const held = await tx
    .selectFrom("operations")
    .select("id")
    .where("id", "=", operationId)
    .where("attempt", "=", attempt)
    .where("finished_at", "is", null)
    .forUpdate()
    .executeTakeFirst();
  return held && findOperation(tx, operationId);
}

/** Whether the claim still holds; it then does until the transaction ends, so this is its last statement. */
export async function holdClaim(
  tx: PlatformTx,
  { operationId, attempt }: Omit<Claim, "token">,
): Promise<boolean> {
  const held = await tx
    .selectFrom("operations")
    .select("id")
    .where("id", "=", operationId)
    .where("attempt", "=", attempt)
    .where("finished_at", "is", null)
    .forShare()
    .executeTakeFirst();
  return held !== undefined;
}

/**
 * Writes the end of an operation that the transaction has not locked; false where another process has taken it up, or where
 * somebody wants it cancelled. Its tenant is locked before.
 */
export async function endClaimed(
  tx: PlatformTx,
  { operationId, attempt }: Omit<Claim, "token">,
  operation: Operation,
): Promise<boolean> {
  const { rows } = await sql`
    with ended as (
      update platform.operations set status = ${operation.status}, finished_at = ${operation.finishedAt ?? null}, holder = null,
        revision = revision + 1
      where id = ${operationId} and attempt = ${attempt} and finished_at is null and cancel_requested_at is null
      returning id
    ), steps as (
      update platform.operation_steps s set status = sent.status, finished_at = sent.finished_at, detail = sent.detail
      from ended, ${sentSteps(operation)} where s.operation_id = ended.id and s.position = sent.position
    )
    select id from ended`.execute(tx);
  return rows.length === 1;
}

/** Gives an operation that its server cannot bring to its end to the queue, if that server still has it. */
export async function freeClaimed(
  tx: PlatformTx,
  { operationId, attempt }: Omit<Claim, "token">,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("operations")
    .set({ holder: null })
    .where("id", "=", operationId)
    .where("attempt", "=", attempt)
    .where("finished_at", "is", null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Tells whoever follows these operations that they have changed. */
export async function notifyOperations(tx: PlatformTx, ids: readonly OperationId[]): Promise<void> {
  await sql`select pg_notify('hestia_operations', id::text) from unnest(${[...ids]}::uuid[]) id`.execute(
    tx,
  );
}

/** Writes a changed operation, which the transaction has locked. */
export async function updateOperation(
  tx: PlatformTx,
  operation: Operation,
  undoing?: Undoing | undefined,
): Promise<void> {
  await writeSteps(tx, operation);
  await tx
    .updateTable("operations")
    .set({
      ...changeable(operation),
      undoing: undoing === undefined || isFinished(operation) ? null : JSON.stringify(undoing),
      revision: sql<string>`revision + 1`,
    })
    .where("id", "=", operation.id)
    .execute();
}

/** What a list of operations is narrowed to. */
export type OperationFilter = {
  readonly tenantId?: TenantId | undefined;
  readonly status?: readonly OperationStatus[] | undefined;
  readonly kind?: string | undefined;
  /** Those that come no further by themselves, or those that do. */
  readonly stuck?: boolean | undefined;
};

const newestFirst: Keyset = {
  column: "operations.created_at",
  id: "operations.id",
  kind: "time",
  descending: true,
};

/** Returns one page of operations, the newest first; throws `cursor_invalid`. */
export async function listOperations(
  tx: PlatformTx,
  { filter, ...page }: PageRequest & { filter: OperationFilter },
): Promise<Page<Operation>> {
  const binding = { sort: "-createdAt", filter: { ...filter } };
  const { tenantId, status, kind, stuck } = filter;
  const rows = await allOperations(tx)
    .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId ?? ""))
    .$if(status !== undefined, (query) => query.where("status", "in", status ?? []))
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind ?? ""))
    .$if(stuck !== undefined, (query) => query.where("stuck_at", stuck ? "is not" : "is", null))
    .where(afterCursor(newestFirst, page, binding))
    .orderBy(keysetOrder(newestFirst))
    .limit(page.limit + 1)
    .execute();
  const operations = rows.map((row) => toStored(row).operation);
  return pageOfRows(operations, page, binding, ({ createdAt, id }) => [createdAt, id]);
}

/** Returns the ids of a tenant's operations that are not finished, the oldest first. */
export async function listUnfinished(tx: PlatformTx, tenantId: TenantId): Promise<OperationId[]> {
  const rows = await tx
    .selectFrom("operations")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("finished_at", "is", null)
    .orderBy("created_at")
    .execute();
  return rows.map((row) => row.id as OperationId);
}

type OperationRow = Omit<Selectable<PlatformTables["operations"]>, "attempt" | "holder"> & {
  steps: StepRow[];
};
type StepRow = {
  name: string;
  status: string;
  started_at: string | null;
  finished_at: string | null;
  detail: string | null;
  share: number | null;
};

function allOperations(tx: PlatformTx) {
  return tx.selectFrom("operations").select([
    ...(["id", "kind", "tenant_id", "status", "input", "result", "error", "undoing"] as const),
    ...(["actor", "request_id", "revision", "created_at", "cancel_requested_at"] as const),
    ...(["finished_at", "deadline_at", "stuck_at"] as const),
    sql<StepRow[]>`coalesce((select jsonb_agg(to_jsonb(s) order by s.position)
      from platform.operation_steps s where s.operation_id = operations.id), '[]')`.as("steps"),
  ]);
}

function changeable(operation: Operation) {
  return {
    status: operation.status,
    result: operation.result === undefined ? null : JSON.stringify(operation.result),
    error: operation.error === undefined ? null : JSON.stringify(operation.error),
    cancel_requested_at: operation.cancelRequestedAt ?? null,
    finished_at: operation.finishedAt ?? null,
    deadline_at: operation.deadlineAt ?? null,
    stuck_at: operation.stuckAt ?? null,
  };
}

/** The steps as a relation, for one statement for all of them. */
function sentSteps(operation: Operation) {
  const rows = operation.steps.map((step, position) => ({
    position,
    name: step.name,
    status: step.status,
    started_at: step.startedAt ?? null,
    finished_at: step.finishedAt ?? null,
    detail: step.detail ?? null,
    share: step.share ?? null,
  }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as sent (position smallint, name text, status text,
    started_at timestamptz, finished_at timestamptz, detail text, share real)`;
}

// Those that did not change are left alone.
async function writeSteps(tx: PlatformTx, operation: Operation): Promise<void> {
  await sql`
    insert into platform.operation_steps as kept (operation_id, position, name, status, started_at, finished_at, detail, share)
    select ${operation.id}::uuid, position, name, status, started_at, finished_at, detail, share from ${sentSteps(operation)}
    on conflict (operation_id, position) do update
      set status = excluded.status, started_at = excluded.started_at,
        finished_at = excluded.finished_at, detail = excluded.detail, share = excluded.share
      where (kept.status, kept.started_at, kept.finished_at, kept.detail, kept.share)
        is distinct from (excluded.status, excluded.started_at, excluded.finished_at, excluded.detail, excluded.share)
  `.execute(tx);
}

function toStored(row: OperationRow): StoredOperation {
  const steps = row.steps.map(toStep);
  const operation: Operation = {
    id: row.id as OperationId,
    kind: row.kind,
    tenantId: (row.tenant_id as TenantId | null) ?? undefined,
    status: row.status as OperationStatus,
    progress: row.status === "succeeded" ? 1 : progressOf(steps),
    steps,
    result: (row.result as JsonObject | null) ?? undefined,
    error: (row.error as OperationFailure | null) ?? undefined,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
    deadlineAt: row.deadline_at ?? undefined,
    stuckAt: row.stuck_at ?? undefined,
    cancelRequestedAt: row.cancel_requested_at ?? undefined,
  };
  const origin = {
    actor: row.actor as Actor,
    requestId: row.request_id ?? undefined,
    input: row.input as JsonObject,
  };
  const undoing = (row.undoing as Undoing | null) ?? undefined;
  return { operation, origin, revision: row.revision, undoing };
}

function toStep(row: StepRow): OperationStep {
  return {
    name: row.name,
    status: row.status as StepStatus,
    startedAt: row.started_at === null ? undefined : new Date(row.started_at),
    finishedAt: row.finished_at === null ? undefined : new Date(row.finished_at),
    detail: row.detail ?? undefined,
    share: row.share ?? undefined,
  };
}
