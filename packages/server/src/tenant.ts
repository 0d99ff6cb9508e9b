// A tenant's own side: so far, who it is. It is read in the tenant's own transaction, which can name no other.
import type { ownTenantRoutes } from "@hestia/api";
import { HestiaError } from "@hestia/core";
import { findOwnTenant } from "@hestia/postgres/platform";
import type { Handlers } from "./handlers.ts";

/** The handlers of a tenant's own side. */
export const ownTenantHandlers: Handlers<typeof ownTenantRoutes> = {
  get: async ({ db, tenantId }) => {
    const own = await db.asTenant(tenantId, findOwnTenant);
    if (own === undefined) throw new HestiaError("tenant_not_found");
    const { domain, ...rest } = own;
    return { status: 200, body: { ...rest, ...(domain === undefined ? {} : { domain }) } };
  },
};
