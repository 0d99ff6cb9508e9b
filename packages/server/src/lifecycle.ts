// The moves of a tenant's life as operators make them. The move and its event commit together; the answer tells whether
// the data database enforces it already. While that cannot be reached the move stands, and a sweeper brings it there.
import { setTimeout as delay } from "node:timers/promises";
import {
  cancelOperation,
  canMove,
  daysFrom,
  type EventData,
  type EventType,
  expectDeletable,
  type Fault,
  HestiaError,
  invalidInput,
  isFinished,
  missingOf,
  moveTenant,
  type Operation,
  refusedMove,
  type SuspensionMode,
  type Tenant,
  type TenantId,
  type TenantMove,
  tenantChanges,
  type Verification,
} from "@hestia/core";
import {
  findPlan,
  getTenant,
  listUnfinished,
  listVerifications,
  lockOperation,
  lockTenant,
  type PlatformTx,
  updateOperation,
  updateTenant,
} from "@hestia/postgres/platform";
import { activate } from "./activation.ts";
import { recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import { beginDeletion, findDeletion } from "./deletion.ts";
import { checkDeletion } from "./deletion-checks.ts";
import { archiving, beginUnarchiving, purging, restoring } from "./ending.ts";
import { checkIfMatch } from "./etag.ts";
import { beginProvisioning } from "./provisioning.ts";
import { syncScopeState } from "./scope-state.ts";

/** A tenant after a move, and whether its data database enforces it already. */
export type Moved = { readonly tenant: Tenant; readonly inForce: boolean };

type Asked = { readonly tenantId: TenantId; readonly reason?: string | undefined };

/** Serves a pending tenant: everything is verified, or the operator does without the rest. */
export async function activateTenant(
  context: OperatorContext,
  { tenantId, reason, override }: Asked & { readonly override: boolean },
): Promise<Moved> {
  return enforced(context, async (tx) => {
    const before = await lockTenant(tx, tenantId);
    checkIfMatch(context, before);
    if (before.status === "active") return before;
    if (before.status !== "pending") throw refusedMove(before, "activate");
    if (!override) expectVerified(await listVerifications(tx, tenantId));
    return activate(tx, context, before, reason);
  });
}

function expectVerified(verifications: readonly Verification[]): void {
  const faults = missingOf(verifications).map((requirement) => ({
    pointer: "",
    code: requirement,
    message: `${requirement} is not verified.`,
  }));
  if (faults.length > 0) throw new HestiaError("tenant_unverified", {}, { faults });
}

/** Lets the tenant only be read, or not be served at all. */
export async function suspendTenant(
  context: OperatorContext,
  {
    mode,
    ...asked
  }: Asked & { readonly mode: SuspensionMode; readonly reviewAt?: Date | undefined },
): Promise<Moved> {
  const { reviewAt } = asked;
  const faults = reviewAt === undefined ? [] : lateReviewFaults(reviewAt, context.platform.now());
  if (faults.length > 0) throw invalidInput(faults);
  const move = mode === "readonly" ? "make_readonly" : "suspend";
  return enforced(context, (tx) =>
    moved(tx, context, { ...asked, move, type: "tenant.suspended", extra: { mode } }),
  );
}

/** Returns the fault of a review that would have been due before. */
export function lateReviewFaults(reviewAt: Date, now: Date): Fault[] {
  const message = "The review must be later than now.";
  return reviewAt > now ? [] : [{ pointer: "/reviewAt", code: "too_small", message }];
}

/** Serves a suspended tenant again. */
export async function resumeTenant(context: OperatorContext, asked: Asked): Promise<Moved> {
  return enforced(context, (tx) =>
    moved(tx, context, { ...asked, move: "resume", type: "tenant.resumed" }),
  );
}

/**
 * Brings a deleted tenant back to what it was; one that was never provisioned goes on with that, and an archived one is
 * made anew by an operation.
 */
export async function restoreTenant(context: OperatorContext, asked: Asked): Promise<Restored> {
  let operation: Operation | undefined;
  const restored = await enforced(context, async (tx) => {
    const before = await lockTenant(tx, asked.tenantId);
    checkIfMatch(context, before);
    if (before.status === "archived") {
      operation = await beginUnarchiving(tx, context, before);
      return getTenant(tx, asked.tenantId);
    }
    if (before.status === "deleting" && (await endsUnderWay(tx, asked.tenantId))) {
      await cancelUnfinished(tx, context, asked.tenantId);
      const { platform, actor, requestId } = context;
      const input = asked.reason === undefined ? {} : { reason: asked.reason };
      const origin = { tenantId: before.id, actor, requestId, input, now: platform.now() };
      operation = await platform.engine.begin(tx, restoring, origin);
      return before;
    }
    const move = { ...asked, move: "restore", type: "tenant.restored", endsAt: undefined } as const;
    const tenant = await moved(tx, context, move);
    await cancelUnfinished(tx, context, asked.tenantId);
    if (tenant.status === "provisioning") operation = await beginProvisioning(tx, context, tenant);
    return tenant;
  });
  return { ...restored, operation };
}

/** A tenant that is restored, and the operation that does it where it takes one. */
export type Restored = Moved & { readonly operation: Operation | undefined };

/** What takes a tenant away is undone before the tenant comes back. */
async function endsUnderWay(tx: PlatformTx, tenantId: TenantId): Promise<boolean> {
  for (const id of await listUnfinished(tx, tenantId)) {
    const { operation } = await lockOperation(tx, id);
    const isEnd = operation.kind === archiving.kind || operation.kind === purging.kind;
    if (isEnd && operation.status === "running") return true;
  }
  return false;
}

/** Has everything of a deleted or archived tenant taken away; throws `tenant_deletion_refused` where it must be kept. */
export async function purgeTenant(
  context: OperatorContext,
  { tenantId, reason }: Asked,
): Promise<Operation> {
  const { platform, actor, requestId } = context;
  return platform.db.asPlatform(async (tx) => {
    const before = await lockTenant(tx, tenantId);
    checkIfMatch(context, before);
    if (!canMove(before, "purge")) throw refusedMove(before, "purge");
    const now = platform.now();
    expectDeletable(await checkDeletion(tx, before, now), "purge");
    const input = reason === undefined ? {} : { reason };
    const begun = { tenantId, actor, requestId, now, input };
    const operation = await platform.engine.begin(tx, purging, begun);
    const data = { operationId: operation.id };
    await recordEvent(tx, context, { type: "tenant.purge_started", tenantId, reason, data, now });
    return operation;
  });
}

/** Ends the tenant's service; whatever else was under way for it is cancelled. */
export async function deleteTenant(context: OperatorContext, asked: Asked): Promise<Operation> {
  const { platform } = context;
  const operation = await platform.db.asPlatform(async (tx) => {
    const before = await lockTenant(tx, asked.tenantId);
    if (before.status === "deleting") {
      const earlier = await findDeletion(tx, before);
      if (earlier !== undefined) return earlier;
    }
    const now = platform.now();
    expectDeletable(await checkDeletion(tx, before, now), "delete");
    const endsAt = daysFrom(now, (await findPlan(tx, before.plan))?.graceDays ?? 30);
    const move = { ...asked, move: "delete", type: "tenant.deleted", endsAt } as const;
    const tenant = await moved(tx, context, move);
    await cancelUnfinished(tx, context, asked.tenantId);
    return beginDeletion(tx, context, tenant);
  });
  await isInForce(context, asked.tenantId);
  return operation;
}

type Move<Type extends EventType> = Asked & {
  readonly move: TenantMove;
  readonly type: Type;
  readonly extra?: Omit<EventData[Type], "before" | "after">;
  /** When its suspension is reviewed; absent, as it was. */
  readonly reviewAt?: Date | undefined;
  /** When the next station of its end is due; absent, that stays. */
  readonly endsAt?: Date | undefined;
};

async function moved<Type extends EventType>(
  tx: PlatformTx,
  context: OperatorContext,
  { tenantId, reason, move, type, extra, reviewAt, ...change }: Move<Type>,
): Promise<Tenant> {
  const before = await lockTenant(tx, tenantId);
  checkIfMatch(context, before);
  const now = context.platform.now();
  const after = moveTenant(before, move, { now, reason, reviewAt });
  if (after === before) return before;
  const tenant = { ...after, ...change };
  await updateTenant(tx, tenant);
  const data = { ...tenantChanges(before, tenant), ...extra } as EventData[Type];
  await recordEvent(tx, context, { type, tenantId, reason, data, now });
  return tenant;
}

async function enforced(
  context: OperatorContext,
  change: (tx: PlatformTx) => Promise<Tenant>,
): Promise<Moved> {
  const tenant = await context.platform.db.asPlatform(change);
  return { tenant, inForce: await isInForce(context, tenant.id) };
}

const inForceWithinMs = 5_000;

/**
 * Brings the tenant's state to its data database; false where that is not there in time.
 *
 * A database may take the connection and then say nothing: the answer is given, the writing goes on.
 */
export async function isInForce(
  { platform }: Pick<OperatorContext, "platform">,
  tenantId: TenantId,
): Promise<boolean> {
  const timer = new AbortController();
  const tooLate = delay(inForceWithinMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([syncScopeState(platform, tenantId), tooLate]);
  } finally {
    timer.abort();
  }
}

async function cancelUnfinished(
  tx: PlatformTx,
  { platform }: OperatorContext,
  tenantId: TenantId,
): Promise<void> {
  for (const id of await listUnfinished(tx, tenantId)) {
    const { operation, undoing } = await lockOperation(tx, id);
    const now = platform.now();
    if (undoing === undefined && !isFinished(operation))
      await updateOperation(tx, cancelOperation(operation, now));
  }
}
