// What the list of operations is narrowed to and where in it one is, as it stands in the address.
import {
  type OperationId,
  type OperationStatus,
  operationStatuses,
  parseTenantId,
  type TenantId,
} from "@hestia/core";

/** The list's part of the address. */
export type OperationSearch = {
  readonly status?: readonly OperationStatus[];
  readonly kind?: string;
  readonly tenantId?: TenantId;
  readonly stuck?: true;
  /** Where the page begins; absent: with the newest. */
  readonly cursor?: string;
};

/** Reads it; what is not understood is left out. */
export function parseOperationListSearch(search: Record<string, unknown>): OperationSearch {
  const given = [search.status].flat();
  const status = operationStatuses.filter((each) => given.includes(each));
  const tenantId = typeof search.tenantId === "string" ? parseTenantId(search.tenantId) : undefined;
  const { kind, cursor } = search;
  return {
    ...(status.length > 0 ? { status } : {}),
    ...(typeof kind === "string" && /^[a-z_.]+$/.test(kind) ? { kind } : {}),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(search.stuck === true ? { stuck: true } : {}),
    ...(typeof cursor === "string" && /^[\w-]+$/.test(cursor) ? { cursor } : {}),
  };
}

/** One operation's part of the address: the dialog that is open, and whether its JSON is shown. */
export type OneOperationSearch = { readonly dialog?: "cancel"; readonly raw?: true };

/** Reads it. */
export function parseOperationSearch(search: Record<string, unknown>): OneOperationSearch {
  return {
    ...(search.dialog === "cancel" ? { dialog: "cancel" } : {}),
    ...(search.raw === true ? { raw: true } : {}),
  };
}

/** The id in an address, which the server judges. */
export const operationIdOf = (text: string): OperationId => text as OperationId;
