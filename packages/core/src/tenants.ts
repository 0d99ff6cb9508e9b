// What a tenant is, and what follows from its status. How it may change is in lifecycle.ts.

import { assert } from "./assert.ts";
import type { ErrorCode } from "./error-codes.ts";
import type { TenantId } from "./ids.ts";
import { type JsonObject, type JsonValue, jsonEquals } from "./json.ts";
import { limits } from "./limits.ts";
import { mergePatch } from "./merge-patch.ts";

/** Where a tenant's rows live: among others' rows, in a schema or in a database of its own. */
export const isolationModels = ["shared", "schema", "database"] as const;
/** One of the three isolation models. */
export type IsolationModel = (typeof isolationModels)[number];

/** The stations of a tenant's life. */
export const tenantStatuses = [
  "provisioning",
  "pending",
  "active",
  "readonly",
  "suspended",
  "deleting",
  "archived",
  "purged",
  "failed",
] as const;
/** One station of a tenant's life. */
export type TenantStatus = (typeof tenantStatuses)[number];

/** The place of a tenant's rows. */
export type Placement = {
  /** The name of the cluster. */
  readonly cluster: string;
  /** The database, where it is the tenant's own. */
  readonly database?: string | undefined;
  /** The schema, where it is the tenant's own. */
  readonly schema?: string | undefined;
};

/** A customer of the application: its identity, its place and its state. */
export type Tenant = {
  readonly id: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly statusReason?: string | undefined;
  readonly isolation: IsolationModel;
  readonly placement: Placement;
  readonly plan: string;
  readonly domain?: string | undefined;
  readonly settings: JsonObject;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the next station of its end is due: a deleted one is archived then, an archived one purged. */
  readonly endsAt?: Date | undefined;
  /** Until then it may not be purged. */
  readonly retainUntil?: Date | undefined;
  /** When its trial ends: then it is suspended. */
  readonly trialEndsAt?: Date | undefined;
  /** When somebody has to look whether its suspension is still right. */
  readonly reviewAt?: Date | undefined;
  /** Since when that is due. */
  readonly reviewDueAt?: Date | undefined;
  /** Grows by one with every change; the ETag is made from it. */
  readonly version: number;
  /** What a tenant that is being deleted goes back to when it is restored; never on the wire. */
  readonly restoreStatus?: TenantStatus | undefined;
};

/** What is asked for when a tenant is created, with defaults filled in. */
export type NewTenant = {
  readonly slug: string;
  readonly name: string;
  readonly isolation: IsolationModel;
  readonly plan: string;
  readonly domain?: string | undefined;
  readonly settings: JsonObject;
  /** Whom to invite as the first administrator. */
  readonly adminEmail?: string | undefined;
};

/** What may be changed in a tenant; absent stays, null takes away, settings are merged. */
export type TenantPatch = {
  readonly name?: string | undefined;
  readonly plan?: string | undefined;
  readonly domain?: string | null | undefined;
  readonly settings?: JsonObject | undefined;
  readonly retainUntil?: Date | null | undefined;
  readonly trialEndsAt?: Date | null | undefined;
  readonly reviewAt?: Date | null | undefined;
};

/** The isolation model of a tenant that does not ask for one. */
export const defaultIsolation: IsolationModel = "shared";
/** The plan of a tenant that does not ask for one; it is seeded. */
export const defaultPlan = "standard";

/** Makes a tenant at the start of its life. */
export function makeTenant(
  { adminEmail: _invitedLater, ...asked }: NewTenant,
  { id, placement, now }: { id: TenantId; placement: Placement; now: Date },
): Tenant {
  return {
    ...asked,
    id,
    placement,
    status: "provisioning",
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
}

/** Returns the tenant with the patch applied, or the same object when nothing changes. */
export function patchTenant(tenant: Tenant, patch: TenantPatch, now: Date): Tenant {
  const { domain, retainUntil, trialEndsAt, reviewAt, reviewDueAt, ...rest } = tenant;
  const isReviewedAnew = patch.reviewAt !== undefined;
  const patched: Tenant = {
    ...rest,
    ...present({
      domain: patchedValue(domain, patch.domain),
      retainUntil: patchedValue(retainUntil, patch.retainUntil),
      trialEndsAt: patchedValue(trialEndsAt, patch.trialEndsAt),
      reviewAt: patchedValue(reviewAt, patch.reviewAt),
      reviewDueAt: isReviewedAnew ? undefined : reviewDueAt,
    }),
    name: patch.name ?? tenant.name,
    plan: patch.plan ?? tenant.plan,
    settings: mergePatch(tenant.settings, patch.settings ?? {}),
  };
  if (Object.keys(tenantChanges(tenant, patched).after).length === 0) return tenant;
  return { ...patched, updatedAt: now, version: tenant.version + 1 };
}

function patchedValue<Value>(
  before: Value | undefined,
  patch: Value | null | undefined,
): Value | undefined {
  return patch === undefined ? before : (patch ?? undefined);
}

function present<Members extends object>(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Members;
}

/** The members of a tenant whose changes the audit log tells. */
const audited = ["slug", "name", "status", "statusReason", "plan", "domain", "settings"] as const;
const auditedTimes = ["endsAt", "retainUntil", "trialEndsAt", "reviewAt", "reviewDueAt"] as const;

/** Returns the changed members before and after, with null for absent: what an audit event tells. */
export function tenantChanges(before: Tenant, after: Tenant): TenantChanges {
  const changed = audited.filter((name) => !jsonEquals(before[name], after[name]));
  const times = auditedTimes.filter((name) => before[name]?.getTime() !== after[name]?.getTime());
  const told = (tenant: Tenant): TenantChanges["before"] =>
    Object.fromEntries([
      ...changed.map((name) => [name, tenant[name] ?? null] as const),
      ...times.map((name) => [name, tenant[name]?.toISOString() ?? null] as const),
    ]);
  return { before: told(before), after: told(after) };
}

/** The members that a change touched, as they were and as they became. */
export type TenantChanges = {
  readonly before: { readonly [name: string]: JsonValue };
  readonly after: { readonly [name: string]: JsonValue };
};

/** Tells whether a tenant in this status may be read by its own users. */
export function servesReads(status: TenantStatus): boolean {
  return statusProblem(status, "read") === undefined;
}

/** Tells whether a tenant in this status may be written by its own users. */
export function servesWrites(status: TenantStatus): boolean {
  return statusProblem(status, "write") === undefined;
}

/** The codes with which a tenant's status turns its own users away. */
export type StatusProblem = Extract<
  ErrorCode,
  "tenant_suspended" | "tenant_readonly" | "tenant_not_ready" | "tenant_ended"
>;

const readProblems = {
  provisioning: "tenant_not_ready",
  pending: "tenant_not_ready",
  failed: "tenant_not_ready",
  active: undefined,
  readonly: undefined,
  suspended: "tenant_suspended",
  deleting: "tenant_ended",
  archived: "tenant_ended",
  purged: "tenant_ended",
} as const satisfies Record<TenantStatus, StatusProblem | undefined>;

/** Returns the code that the status answers with, or undefined where it serves. */
export function statusProblem(
  status: TenantStatus,
  access: "read" | "write" = "read",
): StatusProblem | undefined {
  return status === "readonly" && access === "write" ? "tenant_readonly" : readProblems[status];
}

/** Returns the name of a tenant's own schema, made from its id so that it never changes. */
export function schemaName(tenantId: TenantId): string {
  return `t_${tenantId.replaceAll("-", "")}`;
}

/** Returns the name of a tenant's own database; the prefix tells installations on one server apart. */
export function databaseName(tenantId: TenantId, prefix = ""): string {
  const name = `${prefix}${schemaName(tenantId)}`;
  assert(name.length <= limits.postgresNameBytesMax, `the database name ${name} is too long`);
  return name;
}
