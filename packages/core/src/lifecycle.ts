// The life of a tenant as a state machine: which moves lead from which status to which. Purged is
// the end, nothing is served before activation, and a deletion remembers what to restore.
import { HestiaError } from "./errors.ts";
import type { Tenant, TenantStatus } from "./tenants.ts";

type Move = {
  readonly from: readonly TenantStatus[];
  /** Undefined where the tenant itself says: it goes back to what it was. */
  readonly to: TenantStatus | undefined;
  /** Whether the reason given is shown with the status from then on. */
  readonly keepsReason: boolean;
};

/** The moves of a tenant's life, each with the statuses that it leads from and to. */
export const tenantMoves = {
  /** Its partition is ready, but something must be verified first. */
  await_verification: { from: ["provisioning"], to: "pending", keepsReason: true },
  activate: { from: ["provisioning", "pending"], to: "active", keepsReason: false },
  /** Provisioning could not be completed. */
  fail: { from: ["provisioning"], to: "failed", keepsReason: true },
  /** Provisioning is tried again. */
  retry: { from: ["failed"], to: "provisioning", keepsReason: false },
  make_readonly: { from: ["active", "suspended"], to: "readonly", keepsReason: true },
  suspend: { from: ["active", "readonly"], to: "suspended", keepsReason: true },
  resume: { from: ["readonly", "suspended"], to: "active", keepsReason: false },
  delete: {
    from: ["provisioning", "pending", "active", "readonly", "suspended", "failed"],
    to: "deleting",
    keepsReason: true,
  },
  restore: { from: ["deleting"], to: undefined, keepsReason: false },
  archive: { from: ["deleting"], to: "archived", keepsReason: true },
  /** Its partition is made anew from its archive. */
  unarchive: { from: ["archived"], to: "provisioning", keepsReason: false },
  /** It is what it was before it was deleted. */
  reopen: { from: ["provisioning"], to: undefined, keepsReason: false },
  /** That failed, and was undone. */
  archive_again: { from: ["provisioning"], to: "archived", keepsReason: true },
  purge: { from: ["deleting", "archived"], to: "purged", keepsReason: true },
} as const satisfies Record<string, Move>;

/** A move of a tenant's life. */
export type TenantMove = keyof typeof tenantMoves;

/**
 * Returns the tenant after the move, or throws `tenant_transition_refused`.
 *
 * A move to where the tenant already is changes nothing and returns the same object, so that
 * repeating a request is harmless; a new reason alone counts as a change.
 */
export function moveTenant(
  tenant: Tenant,
  move: TenantMove,
  { now, reason, reviewAt }: MoveOptions,
): Tenant {
  const { from, to: fixed, keepsReason }: Move = tenantMoves[move];
  if (tenant.status === fixed && isRepeatable(move)) {
    const isSame = !keepsReason || reason === undefined || reason === tenant.statusReason;
    if (isSame && (reviewAt === undefined || reviewAt.getTime() === tenant.reviewAt?.getTime()))
      return tenant;
    const statusReason = isSame ? tenant.statusReason : reason;
    const told = statusReason === undefined ? {} : { statusReason };
    return { ...tenant, ...told, ...reviewed(tenant, reviewAt), ...changed(tenant, now) };
  }
  const to = fixed ?? tenant.restoreStatus;
  if (to === undefined || !from.includes(tenant.status)) throw refusedMove(tenant, move);
  const {
    statusReason: _before,
    restoreStatus: _unused,
    reviewAt: _at,
    reviewDueAt: _due,
    ...rest
  } = tenant;
  return {
    ...rest,
    ...(to === "active" ? {} : reviewed(tenant, reviewAt)),
    status: to,
    ...(keepsReason && reason !== undefined ? { statusReason: reason } : {}),
    ...remembered(tenant, to),
    ...changed(tenant, now),
  };
}

/** The refusal of a move that the tenant's status does not allow. */
export function refusedMove({ status }: Pick<Tenant, "status">, move: TenantMove): HestiaError {
  const from = [...tenantMoves[move].from];
  return new HestiaError("tenant_transition_refused", { status, move, done: doneBy[move], from });
}

const doneBy = {
  await_verification: "made to wait",
  activate: "activated",
  fail: "failed",
  retry: "provisioned again",
  make_readonly: "made read-only",
  suspend: "suspended",
  resume: "resumed",
  delete: "deleted",
  restore: "restored",
  archive: "archived",
  unarchive: "made anew from an archive",
  reopen: "reopened",
  archive_again: "archived again",
  purge: "purged",
} as const satisfies Record<TenantMove, string>;

type MoveOptions = {
  readonly now: Date;
  readonly reason?: string | undefined;
  /** When somebody has to look whether a suspension is still right; absent, as it was. */
  readonly reviewAt?: Date | undefined;
};

// A suspension that is given another day is not due any more; one that is served again has none.
function reviewed(
  { reviewAt: before, reviewDueAt }: Tenant,
  reviewAt: Date | undefined,
): Pick<Tenant, "reviewAt" | "reviewDueAt"> {
  if (reviewAt !== undefined) return { reviewAt, reviewDueAt: undefined };
  return {
    ...(before === undefined ? {} : { reviewAt: before }),
    ...(reviewDueAt === undefined ? {} : { reviewDueAt }),
  };
}

/** Tells whether the move is allowed from the tenant's present status. */
export function canMove(tenant: Tenant, move: TenantMove): boolean {
  const { from, to }: Move = tenantMoves[move];
  return from.includes(tenant.status) && (to ?? tenant.restoreStatus) !== undefined;
}

/** Returns the moves that lead on from the tenant's present status. */
export function movesFrom(tenant: Tenant): TenantMove[] {
  return (Object.keys(tenantMoves) as TenantMove[]).filter((move) => canMove(tenant, move));
}

// Retrying what already runs, or failing twice, would hide a bug; what people ask for may repeat.
function isRepeatable(move: TenantMove): boolean {
  return !["retry", "fail", "await_verification", "unarchive", "archive_again"].includes(move);
}

// Archiving keeps what was remembered, and so does bringing an archive back: it ends where the tenant was.
function remembered(tenant: Tenant, to: TenantStatus): { restoreStatus?: TenantStatus } {
  if (to === "deleting") return { restoreStatus: tenant.status };
  if ((to === "archived" || tenant.status === "archived") && tenant.restoreStatus !== undefined)
    return { restoreStatus: tenant.restoreStatus };
  return {};
}

function changed(tenant: Tenant, now: Date): { updatedAt: Date; version: number } {
  return { updatedAt: now, version: tenant.version + 1 };
}
