// Which provisioning is watched, as it stands in the address: a reload goes on watching.
import { isUuid, type OperationId, type TenantId } from "@hestia/core";

/** A new tenant's part of the address. */
export type NewTenantSearch = { readonly tenant?: TenantId; readonly operation?: OperationId };

/** Reads it; what is not understood is left out. */
export function parseNewTenantSearch(search: Record<string, unknown>): NewTenantSearch {
  const { tenant, operation } = search;
  if (typeof tenant !== "string" || typeof operation !== "string") return {};
  if (!isUuid(tenant) || !isUuid(operation)) return {};
  return { tenant: tenant as TenantId, operation: operation as OperationId };
}
