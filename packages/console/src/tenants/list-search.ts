// What a list of tenants is narrowed to and sorted by, as it stands in the address: a list can be sent to a colleague.
import {
  type IsolationModel,
  isolationModels,
  type TenantStatus,
  tenantStatuses,
} from "@hestia/core";

/** The list's part of the address. */
export type TenantSearch = {
  readonly q?: string;
  readonly status?: readonly TenantStatus[];
  readonly isolation?: readonly IsolationModel[];
  readonly plan?: readonly string[];
  readonly sort?: string;
};

/** Reads it; what is not understood is left out. */
export function parseTenantSearch(search: Record<string, unknown>): TenantSearch {
  const list = (given: unknown) => (Array.isArray(given) ? given.map(String) : []);
  const status = list(search.status).filter((each) => tenantStatuses.includes(each as never));
  const isolation = list(search.isolation).filter((each) =>
    isolationModels.includes(each as never),
  );
  const plan = list(search.plan);
  return {
    ...(typeof search.q === "string" && search.q !== "" ? { q: search.q } : {}),
    ...(status.length > 0 ? { status: status as TenantStatus[] } : {}),
    ...(isolation.length > 0 ? { isolation: isolation as IsolationModel[] } : {}),
    ...(plan.length > 0 ? { plan } : {}),
    ...(typeof search.sort === "string" ? { sort: search.sort } : {}),
  };
}
