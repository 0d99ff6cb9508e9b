// Where a tenant's application is reached.
import type { SetupView } from "@hestia/api";

/** The host of a tenant's slug, and the address at which it is opened. */
export function hostOf(slug: string, { baseDomain, tenantUrl }: SetupView) {
  return { host: `${slug}.${baseDomain}`, url: tenantUrl.replaceAll("{slug}", slug) };
}
