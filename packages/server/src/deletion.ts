// The soft end of a tenant: not served from the deletion's own transaction on, nothing taken away yet. The operation
// makes sure that the scope row says so, also when its database could not be reached at first.
import { assert, HestiaError, type Operation, type Tenant } from "@hestia/core";
import { listOperations, type PlatformTx } from "@hestia/postgres/platform";
import type { Acting } from "./audit.ts";
import { type OperationDefinition, step } from "./engine/kinds.ts";
import type { Platform } from "./platform.ts";
import { syncScopeState } from "./scope-state.ts";

const endAccess = step({
  name: "end access",
  run: async ({ platform, operation }) => {
    assert(operation.tenantId !== undefined, "a deletion has a tenant");
    const isWritten = await syncScopeState(platform, operation.tenantId);
    if (!isWritten) throw new HestiaError("database_unavailable");
  },
});

/** The soft deletion of a tenant. */
export const deletion: OperationDefinition = { kind: "tenant.delete", steps: [endAccess] };

/** Has the tenant's access ended, with the transaction's commit. */
export async function beginDeletion(
  tx: PlatformTx,
  { platform, actor, requestId }: Acting & { platform: Platform },
  tenant: Tenant,
): Promise<Operation> {
  const now = platform.now();
  return platform.engine.begin(tx, deletion, { tenantId: tenant.id, actor, requestId, now });
}

/** Returns the operation of a deletion that was asked for before. */
export async function findDeletion(tx: PlatformTx, tenant: Tenant): Promise<Operation | undefined> {
  const filter = { tenantId: tenant.id, kind: deletion.kind };
  return (await listOperations(tx, { filter, limit: 1 })).items[0];
}
