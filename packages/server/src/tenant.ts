// A tenant's own side: so far, who it is.
import type { ownTenantRoutes } from "@hestia/api";
import { HestiaError } from "@hestia/core";
import type { Handlers } from "./handlers.ts";

/** The handlers of a tenant's own side. */
export const ownTenantHandlers: Handlers<typeof ownTenantRoutes> = {
  get: async () => {
    throw new HestiaError("tenant_unidentified");
  },
};
