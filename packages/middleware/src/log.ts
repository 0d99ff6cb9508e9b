// The tenant in every log line: a mixin of pino's. Invariant: it never throws, since a log line must not.
import { findCurrentTenant } from "@hestia/postgres";

/**
 * Adds `tenantId` and `tenantSlug` to the log lines that are written in a tenant's context, and nothing to others.
 *
 * @example const logger = pino({ mixin: tenantMixin });
 */
export function tenantMixin(): { tenantId?: string; tenantSlug?: string } {
  const tenant = findCurrentTenant();
  return tenant === undefined ? {} : { tenantId: tenant.id, tenantSlug: tenant.slug };
}
