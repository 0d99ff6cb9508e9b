// A page of a list that is read again while the pages after it stay: it keeps its end, so that no tenant falls between two
// pages and the rest of the list, however long, need not be read again.
import type { TenantView } from "@hestia/api";

/** A page of the list, and when it was read. */
export type TenantPage = {
  readonly items: readonly TenantView[];
  readonly nextCursor?: string;
  readonly readAt: number;
};

/** Returns what was read anew, ended where the page before it ended; as it came where that end is not to be found. */
export function refreshedPage(before: TenantPage, fresh: TenantPage): TenantPage {
  if (before.nextCursor === undefined) return fresh;
  const { nextCursor } = before;
  const end = fresh.items.findIndex(({ id }) => id === before.items.at(-1)?.id);
  // Some are not in the list any more: what came after the end stands on the next page.
  if (end >= 0) return { ...fresh, items: fresh.items.slice(0, end + 1), nextCursor };
  // Some came in: what they pushed out of the page is still of it.
  const last = before.items.findIndex(({ id }) => id === fresh.items.at(-1)?.id);
  if (last >= 0 && fresh.nextCursor !== undefined)
    return { ...fresh, items: [...fresh.items, ...before.items.slice(last + 1)], nextCursor };
  return fresh;
}

/** Returns the tenants of all pages, each once. */
export function tenantsOf(pages: readonly TenantPage[]): TenantView[] {
  const byId = new Map<string, TenantView>();
  for (const { items } of pages)
    for (const tenant of items) if (!byId.has(tenant.id)) byId.set(tenant.id, tenant);
  return [...byId.values()];
}
