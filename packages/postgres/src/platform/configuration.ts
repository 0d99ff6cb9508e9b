// The SQL of a tenant's configuration, on the tenant's side: no statement names the tenant, row security does.
import type { JsonObject, JsonValue, TenantId, TenantStatus } from "@hestia/core";
import type { TenantTx } from "./database.ts";

/** Sets the values that are not set yet; what is there stays. */
export async function initialiseConfiguration(
  tx: TenantTx,
  values: JsonObject,
  now: Date,
): Promise<void> {
  const rows = Object.entries(values).map(([key, value]) => ({
    key,
    value: JSON.stringify(value ?? null),
    updated_at: now,
  }));
  if (rows.length === 0) return;
  await tx
    .insertInto("configuration")
    .values(rows)
    .onConflict((conflict) => conflict.constraint("configuration_pkey").doNothing())
    .execute();
}

/** Returns every value that is set. */
export async function listConfiguration(
  tx: TenantTx,
): Promise<{ readonly [key: string]: JsonValue }> {
  const rows = await tx
    .selectFrom("configuration")
    .select(["key", "value"])
    .orderBy("key")
    .execute();
  return Object.fromEntries(rows.map((row) => [row.key, row.value]));
}

/** Takes every value away. */
export async function clearConfiguration(tx: TenantTx): Promise<void> {
  await tx.deleteFrom("configuration").execute();
}

/** A tenant as it may see itself. */
export type OwnTenant = {
  readonly id: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly plan: string;
  readonly domain?: string | undefined;
};

/** Returns the tenant of the transaction, or undefined when it does not exist. */
export async function findOwnTenant(tx: TenantTx): Promise<OwnTenant | undefined> {
  const row = await tx
    .selectFrom("own_tenant")
    .select(["id", "slug", "name", "status", "plan_id", "domain"])
    .executeTakeFirst();
  return (
    row && {
      id: row.id as TenantId,
      slug: row.slug,
      name: row.name,
      status: row.status as TenantStatus,
      plan: row.plan_id,
      domain: row.domain ?? undefined,
    }
  );
}
