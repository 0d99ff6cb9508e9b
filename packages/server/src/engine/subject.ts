// The tenant that an operation is about.
import { assert, type Operation, type Tenant, type TenantId } from "@hestia/core";
import { getTenant } from "@hestia/postgres/platform";
import type { Job } from "./kinds.ts";

/** Its id; an operation of a kind that is about tenants always has one. */
export function subjectOf({ kind, tenantId }: Pick<Operation, "kind" | "tenantId">): TenantId {
  assert(tenantId !== undefined, `an operation of the kind ${kind} has a tenant`);
  return tenantId;
}

/** As it is now. */
export function tenantOf({
  platform,
  operation,
}: Pick<Job, "platform" | "operation">): Promise<Tenant> {
  return platform.db.asPlatform((tx) => getTenant(tx, subjectOf(operation)));
}
