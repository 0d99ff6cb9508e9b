// A tenant is named by its slug or its id, in every command.
import type { Client, TenantView } from "@hestia/api";
import { HestiaError, parseTenantId } from "@hestia/core";

/** Returns the tenant of the name; throws `tenant_not_found`. */
export async function getTenant(client: Client, name: string): Promise<TenantView> {
  const tenantId = parseTenantId(name);
  if (tenantId !== undefined) return client.tenants.get({ tenantId });
  // What can be no slug is no tenant's.
  const page = /^[a-z0-9-]{1,40}$/.test(name)
    ? await client.tenants.list({ slug: name, limit: 1 })
    : undefined;
  const found = page?.items[0];
  if (found === undefined)
    throw new HestiaError(
      "tenant_not_found",
      {},
      { message: `There is no tenant "${name}"; see: hestia tenants list` },
    );
  return found;
}
