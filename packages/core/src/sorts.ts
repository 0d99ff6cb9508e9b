// Orders of lists. A sort is a field's name, with a hyphen before it for descending.

/** The orders in which tenants can be listed. */
export const tenantSorts = [
  "createdAt",
  "-createdAt",
  "updatedAt",
  "-updatedAt",
  "name",
  "-name",
  "slug",
  "-slug",
] as const;
/** One order of tenants. */
export type TenantSort = (typeof tenantSorts)[number];
/** The order of tenants when the client does not say: the newest first. */
export const defaultTenantSort: TenantSort = "-createdAt";

/** The field of a sort, without its direction. */
export type SortField<Sort extends string> = Sort extends `-${infer Field}` ? Field : Sort;

/** Splits a sort into its field and its direction. */
export function parseSort<Sort extends string>(
  sort: Sort,
): { readonly field: SortField<Sort>; readonly descending: boolean } {
  const descending = sort.startsWith("-");
  return { field: (descending ? sort.slice(1) : sort) as SortField<Sort>, descending };
}
