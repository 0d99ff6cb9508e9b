// What keeps a tenant from being deleted or purged. Everything is told at once, so that nobody clears one thing after
// another.
import { HestiaError } from "./errors.ts";
import type { Actor } from "./events.ts";
import type { HoldId, TenantId } from "./ids.ts";
import type { Tenant } from "./tenants.ts";

/** Somebody's word that a tenant must be kept as it is. */
export type LegalHold = {
  readonly id: HoldId;
  readonly tenantId: TenantId;
  readonly reason: string;
  readonly placedBy: Actor;
  readonly placedAt: Date;
  readonly liftedAt?: Date | undefined;
};

/** The ends that something can keep a tenant from. */
export type TenantEnd = "delete" | "purge";

/** One thing that is in the way, or that goes with the tenant. */
export type DeletionCheck = {
  readonly code: "legal_hold" | "retention" | "operation_running" | "webhook";
  /** The ends that it keeps the tenant from; with none it is only told. */
  readonly keepsFrom: readonly TenantEnd[];
  readonly message: string;
};

/** What the checks are made of. */
export type DeletionFacts = {
  readonly holds: readonly LegalHold[];
  /** The kinds of the operations that are under way. */
  readonly running: readonly string[];
};

/** Returns everything that is in the way of the tenant's end, and what goes with it. */
export function deletionChecks(
  { retainUntil }: Pick<Tenant, "retainUntil">,
  { holds, running }: DeletionFacts,
  now: Date,
): DeletionCheck[] {
  const held = holds
    .filter(({ liftedAt }) => liftedAt === undefined)
    .map(
      ({ id, reason }): DeletionCheck => ({
        code: "legal_hold",
        keepsFrom: ["delete", "purge"],
        message: `The legal hold ${id} is in force (${reason}); lift it first.`,
      }),
    );
  const retained: DeletionCheck[] =
    retainUntil === undefined || retainUntil <= now
      ? []
      : [
          {
            code: "retention",
            keepsFrom: ["purge"],
            message: `It must be kept until ${retainUntil.toISOString()}.`,
          },
        ];
  const busy = running.map(
    (kind): DeletionCheck => ({
      code: "operation_running",
      keepsFrom: [],
      message: `${kind} is under way: a deletion cancels it, a purge waits for its end.`,
    }),
  );
  return [...held, ...retained, ...busy];
}

/** Throws `tenant_deletion_refused` with everything that keeps the tenant from this end. */
export function expectDeletable(checks: readonly DeletionCheck[], end: TenantEnd): void {
  const faults = checks
    .filter(({ keepsFrom }) => keepsFrom.includes(end))
    .map(({ code, message }) => ({ pointer: "", code, message }));
  if (faults.length > 0) throw new HestiaError("tenant_deletion_refused", { end }, { faults });
}
