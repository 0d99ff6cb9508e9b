// The SQL of legal holds: what keeps a tenant from being deleted, and who said so.
import { type Actor, HestiaError, type HoldId, type LegalHold, type TenantId } from "@hestia/core";
import type { PlatformTx } from "./database.ts";

/** Places a hold. */
export async function insertHold(tx: PlatformTx, hold: LegalHold): Promise<void> {
  await tx
    .insertInto("legal_holds")
    .values({
      id: hold.id,
      tenant_id: hold.tenantId,
      reason: hold.reason,
      placed_by: JSON.stringify(hold.placedBy),
      placed_at: hold.placedAt,
    })
    // A repeat of a request that was cut off: the idempotency key fixes the id.
    .onConflict((conflict) => conflict.constraint("legal_holds_pkey").doNothing())
    .execute();
}

/** Returns the tenant's holds, the newest first. */
export async function listHolds(tx: PlatformTx, tenantId: TenantId): Promise<LegalHold[]> {
  const rows = await tx
    .selectFrom("legal_holds")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .orderBy("placed_at", "desc")
    .orderBy("id", "desc")
    .execute();
  return rows.map((row) => ({
    id: row.id as HoldId,
    tenantId: row.tenant_id as TenantId,
    reason: row.reason,
    placedBy: row.placed_by as Actor,
    placedAt: row.placed_at,
    liftedAt: row.lifted_at ?? undefined,
  }));
}

/** Lifts a hold that is in force; throws `hold_not_found`. */
export async function liftHold(
  tx: PlatformTx,
  { tenantId, holdId, now }: { tenantId: TenantId; holdId: HoldId; now: Date },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable("legal_holds")
    .set({ lifted_at: now })
    .where("id", "=", holdId)
    .where("tenant_id", "=", tenantId)
    .where("lifted_at", "is", null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw new HestiaError("hold_not_found");
}
