// The moves of a tenant's life as operators make them. The move and its event commit together; the answer tells whether
// the data database enforces it already. While that cannot be reached the move stands, and a sweeper brings it there.
import { setTimeout as delay } from "node:timers/promises";
import {
  cancelOperation,
  type EventData,
  type EventType,
  isFinished,
  moveTenant,
  type Operation,
  type SuspensionMode,
  type Tenant,
  type TenantId,
  type TenantMove,
  tenantChanges,
} from "@hestia/core";
import {
  listUnfinished,
  lockOperation,
  lockTenant,
  type PlatformTx,
  updateOperation,
  updateTenant,
} from "@hestia/postgres/platform";
import { recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import { beginDeletion, findDeletion } from "./deletion.ts";
import { checkIfMatch } from "./etag.ts";
import { beginProvisioning } from "./provisioning.ts";
import { syncScopeState } from "./scope-state.ts";

/** A tenant after a move, and whether its data database enforces it already. */
export type Moved = { readonly tenant: Tenant; readonly inForce: boolean };

type Asked = { readonly tenantId: TenantId; readonly reason?: string | undefined };

/** Lets the tenant only be read, or not be served at all. */
export async function suspendTenant(
  context: OperatorContext,
  { mode, ...asked }: Asked & { readonly mode: SuspensionMode },
): Promise<Moved> {
  const move = mode === "readonly" ? "make_readonly" : "suspend";
  return enforced(context, (tx) =>
    moved(tx, context, { ...asked, move, type: "tenant.suspended", extra: { mode } }),
  );
}

/** Serves a suspended tenant again. */
export async function resumeTenant(context: OperatorContext, asked: Asked): Promise<Moved> {
  return enforced(context, (tx) =>
    moved(tx, context, { ...asked, move: "resume", type: "tenant.resumed" }),
  );
}

/** Brings a deleted tenant back to what it was; one that was never provisioned goes on with that. */
export async function restoreTenant(context: OperatorContext, asked: Asked): Promise<Moved> {
  return enforced(context, async (tx) => {
    const tenant = await moved(tx, context, { ...asked, move: "restore", type: "tenant.restored" });
    await cancelUnfinished(tx, context, asked.tenantId);
    if (tenant.status === "provisioning") await beginProvisioning(tx, context, tenant);
    return tenant;
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
    const tenant = await moved(tx, context, { ...asked, move: "delete", type: "tenant.deleted" });
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
};

async function moved<Type extends EventType>(
  tx: PlatformTx,
  context: OperatorContext,
  { tenantId, reason, move, type, extra }: Move<Type>,
): Promise<Tenant> {
  const before = await lockTenant(tx, tenantId);
  checkIfMatch(context, before);
  const now = context.platform.now();
  const tenant = moveTenant(before, move, { now, reason });
  if (tenant === before) return before;
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

// A database that takes the connection and then says nothing: the answer is given, the writing goes on.
async function isInForce({ platform }: OperatorContext, tenantId: TenantId): Promise<boolean> {
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
