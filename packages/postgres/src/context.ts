// The ambient tenant: what ORMs and log lines read. Invariant: without one there is an exception, never all tenants.

import { AsyncLocalStorage } from "node:async_hooks";
import { HestiaError } from "@hestia/core";
import type { Tenant } from "./tenant.ts";

const storage = new AsyncLocalStorage<Tenant | undefined>();

/** Runs the work, and whatever it starts, with this tenant as the ambient one; with undefined, without any. */
export function runWithTenant<T>(tenant: Tenant | undefined, work: () => T): T {
  return storage.run(tenant, work);
}

/** The ambient tenant; throws `context_missing` where there is none. */
export function currentTenant(): Tenant {
  const tenant = storage.getStore();
  if (!tenant) throw new HestiaError("context_missing");
  return tenant;
}

/** The ambient tenant, or undefined: for log lines, which must not throw. */
export function findCurrentTenant(): Tenant | undefined {
  return storage.getStore();
}
