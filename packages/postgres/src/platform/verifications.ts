// The SQL of verifications. Every change happens while the tenant is locked; of a token there is only its hash.
import type {
  Actor,
  EventId,
  Requirement,
  TenantId,
  Verification,
  VerificationState,
} from "@hestia/core";
import type { Selectable } from "kysely";
import type { PlatformTx } from "./database.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** Returns everything that the tenant's activation waits for, or waited for. */
export async function listVerifications(
  tx: PlatformTx,
  tenantId: TenantId,
): Promise<Verification[]> {
  const rows = await tx
    .selectFrom("verifications")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .orderBy("requirement")
    .execute();
  return rows.map(toVerification);
}

/** Writes what is verified, or is to be; without a hash, its token is no good any more. */
export async function putVerification(
  tx: PlatformTx,
  verification: Verification,
  tokenHash?: Buffer | undefined,
): Promise<void> {
  const change = {
    state: verification.state,
    issue: verification.issue ?? null,
    token_hash: tokenHash ?? null,
    requested_at: verification.requestedAt ?? null,
    expires_at: verification.expiresAt ?? null,
    attempts: verification.attempts,
    challenge: verification.challenge ?? null,
    met_at: verification.metAt ?? null,
    met_by: verification.metBy === undefined ? null : JSON.stringify(verification.metBy),
    reason: verification.reason ?? null,
  };
  const { tenantId: tenant_id, requirement } = verification;
  await tx
    .insertInto("verifications")
    .values({ ...change, tenant_id, requirement })
    .onConflict((conflict) => conflict.constraint("verifications_pkey").doUpdateSet(change))
    .execute();
}

/** Counts a try that failed. */
export async function countAttempt(
  tx: PlatformTx,
  { tenantId, requirement, attempts }: Verification,
): Promise<void> {
  await tx
    .updateTable("verifications")
    .set({ attempts: attempts + 1 })
    .where("tenant_id", "=", tenantId)
    .where("requirement", "=", requirement)
    .execute();
}

/** Returns the hash of the present token, or undefined. */
export async function findTokenHash(
  tx: PlatformTx,
  tenantId: TenantId,
): Promise<Buffer | undefined> {
  const row = await tx
    .selectFrom("verifications")
    .select("token_hash")
    .where("tenant_id", "=", tenantId)
    .where("requirement", "=", "email")
    .executeTakeFirst();
  return row?.token_hash ?? undefined;
}

/** Forgets what is not required any more. */
export async function deleteVerifications(
  tx: PlatformTx,
  tenantId: TenantId,
  except: readonly Requirement[] = [],
): Promise<void> {
  await tx
    .deleteFrom("verifications")
    .where("tenant_id", "=", tenantId)
    .$if(except.length > 0, (query) => query.where("requirement", "not in", except))
    .execute();
}

function toVerification(row: Selectable<PlatformTables["verifications"]>): Verification {
  return {
    tenantId: row.tenant_id as TenantId,
    requirement: row.requirement as Requirement,
    state: row.state as VerificationState,
    issue: (row.issue as EventId | null) ?? undefined,
    requestedAt: row.requested_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    attempts: row.attempts,
    challenge: row.challenge ?? undefined,
    metAt: row.met_at ?? undefined,
    metBy: (row.met_by as Actor | null) ?? undefined,
    reason: row.reason ?? undefined,
  };
}
