// What every framework's part does with a request: it finds the tenant and admits it. Invariant: a request
// that is not admitted reaches no handler that needs a tenant.
import { HestiaError } from "@hestia/core";
import { type DirectoryEntry, type Hestia, runWithTenant, type Tenant } from "@hestia/postgres";
import { admit, makeIdentify, type RequestFacts, type Source } from "./identify.ts";

/** How tenants come into an application, whatever its framework. */
export type TenantOptions = {
  /** What `connect` returned. */
  readonly hestia: Hestia;
  /** The domain below which slugs are hosts. Default `localhost`, which serves development alone. */
  readonly baseDomain?: string;
  /**
   * Further hosts of the application itself, which name no tenant: `app.example.com`, or what other services call it.
   * Any other domain must be a tenant's.
   */
  readonly hosts?: readonly string[];
  /** Where a request may name its tenant, in the order in which it is read. Default: host, then header. */
  readonly sources?: readonly Source[];
  /** Called for each request that is admitted, in its tenant's context; such as `traceTenant`. What it throws is yours. */
  readonly onTenant?: (tenant: Tenant) => void;
};

/** What a route needs: a tenant (true), one if the request names one ("optional"), or none (false). */
export type Need = boolean | "optional";

/** The tenants of an application's requests. */
export type RequestTenants = {
  /**
   * The request's tenant; undefined where it needs none and names none.
   *
   * Throws what a refusal is: `tenant_unidentified`, `tenant_not_found`, `tenant_suspended` and their kin.
   */
  readonly admitted: (
    facts: RequestFacts,
    method: string,
    need: Need,
  ) => Promise<Tenant | undefined>;
};

/** Makes the tenants of an application's requests. */
export function makeRequestTenants(options: TenantOptions): RequestTenants {
  const { hestia, baseDomain = "localhost", hosts, sources = ["host", "header"] } = options;
  const { onTenant } = options;
  const find = (key: Parameters<Hestia["find"]>[0]) => hestia.find(key);
  const identify = makeIdentify({ baseDomain, hosts, sources, find });
  const tenantOf = keepTenants(hestia);
  return {
    async admitted(facts, method, need) {
      if (need === false) return undefined;
      const entry = await identify(facts);
      if (entry) admit(entry, method);
      else if (need !== "optional") throw new HestiaError("tenant_unidentified");
      const tenant = entry && tenantOf(entry);
      if (tenant && onTenant) runWithTenant(tenant, () => onTenant(tenant));
      return tenant;
    },
  };
}

/** One object a tenant, for as long as the directory says the same of it. */
function keepTenants(hestia: Hestia): (entry: DirectoryEntry) => Tenant {
  const kept = new WeakMap<DirectoryEntry, Tenant>();
  return (entry) => {
    let tenant = kept.get(entry);
    if (tenant === undefined) {
      tenant = hestia.tenantOf(entry);
      kept.set(entry, tenant);
    }
    return tenant;
  };
}
