// The names of tenants that a screen knows by their ids, asked for together.
import type { TenantView } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";

const atOnce = 100;

/** The tenants with these ids, as far as they are known. */
export function useTenants(
  ids: readonly (TenantId | undefined)[],
): ReadonlyMap<string, TenantView> {
  const wanted = [...new Set(ids.filter((id) => id !== undefined))].sort().slice(0, atOnce);
  const found = useQuery({
    queryKey: ["tenants", "named", wanted],
    queryFn: async ({ signal }) => {
      const { items } = await client.tenants.list({ id: wanted, limit: atOnce }, { signal });
      return items;
    },
    enabled: wanted.length > 0,
    placeholderData: (before) => before,
    staleTime: 300_000,
  });
  return new Map((found.data ?? []).map((tenant) => [tenant.id, tenant]));
}
