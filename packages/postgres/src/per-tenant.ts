// One of something for each tenant. Invariant: what was made for a tenant is given to no other.

import { currentTenant } from "./context.ts";
import type { Tenant } from "./tenant.ts";

const maxDefault = 1000;

/**
 * Keeps one of something for each tenant, for what must not serve two: a Prisma client, a cache. The returned function
 * gives the ambient tenant's, or that of the tenant it is asked for, and makes it at the first use. Of more than `max`
 * (default 1000) the one that was not used for longest is forgotten.
 *
 * @example
 * const prisma = perTenant((tenant) => new PrismaClient({ adapter: new PrismaPg(hestia.pool(tenant)) }));
 * await prisma().order.findMany();
 */
export function perTenant<T>(
  make: (tenant: Tenant) => T,
  { max = maxDefault }: { readonly max?: number } = {},
): (tenant?: Tenant) => T {
  const kept = new Map<string, T>();
  return (tenant = currentTenant()) => {
    const { id } = tenant;
    const one = kept.has(id) ? (kept.get(id) as T) : make(tenant);
    // A map keeps the order of insertion: what was used last goes to its end.
    kept.delete(id);
    kept.set(id, one);
    for (const [oldest] of kept) {
      if (kept.size <= max) break;
      kept.delete(oldest);
    }
    return one;
  };
}
