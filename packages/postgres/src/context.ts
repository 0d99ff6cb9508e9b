// The ambient tenant: what ORMs and log lines read. Invariant: without one there is an exception, never all tenants.

import { AsyncLocalStorage } from "node:async_hooks";
import { HestiaError } from "@hestia/core";
import type { Tenant } from "./tenant.ts";

const storage = new AsyncLocalStorage<Tenant | undefined>();

/**
 * Runs the work, and whatever it starts, with this tenant as the ambient one; with undefined, without any.
 * A query that the work returns, such as Knex's or Drizzle's, is started here too.
 */
export function runWithTenant<T>(tenant: Tenant | undefined, work: () => T): T {
  return storage.run(tenant, () => started(work()));
}

/** A query builder asks when it is first awaited, which would be outside, as another tenant or as none. */
function started<T>(result: T): T {
  if (
    result instanceof Promise ||
    typeof (result as { then?: unknown } | null)?.then !== "function"
  )
    return result;
  const lazy = result as unknown as PromiseLike<unknown>;
  return new Promise((resolve, reject) => lazy.then(resolve, reject)) as T;
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
