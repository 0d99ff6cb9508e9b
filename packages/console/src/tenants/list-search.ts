// What a list of tenants is narrowed to and sorted by, as it stands in the address: a list can be sent to a colleague.
import {
  type IsolationModel,
  isolationModels,
  type TenantSort,
  type TenantStatus,
  tenantSorts,
  tenantStatuses,
} from "@hestia/core";

/** What can be done to several tenants at once. */
export type BulkAction = "suspend" | "resume";

/** The list's part of the address. */
export type TenantSearch = {
  readonly q?: string;
  readonly status?: readonly TenantStatus[];
  readonly isolation?: readonly IsolationModel[];
  readonly plan?: readonly string[];
  /** Whose suspension has to be reviewed. */
  readonly reviewDue?: true;
  readonly sort?: TenantSort;
  /** The dialog that is open. */
  readonly bulk?: BulkAction;
};

/** Reads it; what is not understood is left out. */
export function parseTenantSearch(search: Record<string, unknown>): TenantSearch {
  const q = typeof search.q === "number" ? String(search.q) : search.q;
  const status = among(tenantStatuses, search.status);
  const isolation = among(isolationModels, search.isolation);
  const plan = listOf(search.plan).filter((each) => /^[a-z][a-z0-9_-]*$/.test(each));
  const [sort] = among(tenantSorts, search.sort);
  const [bulk] = among(["suspend", "resume"] as const, search.bulk);
  return {
    ...(typeof q === "string" && q !== "" ? { q } : {}),
    ...(status.length > 0 ? { status } : {}),
    ...(isolation.length > 0 ? { isolation } : {}),
    ...(plan.length > 0 ? { plan } : {}),
    ...(search.reviewDue === true ? { reviewDue: true } : {}),
    ...(sort === undefined ? {} : { sort }),
    ...(bulk === undefined ? {} : { bulk }),
  };
}

/** How many filters beside the search text are set. */
export function countFilters({ status, isolation, plan, reviewDue }: TenantSearch): number {
  return [status, isolation, plan, reviewDue].filter((each) => each !== undefined).length;
}

function listOf(given: unknown): string[] {
  return [...new Set([given].flat().filter((each) => typeof each === "string"))] as string[];
}

function among<Item extends string>(known: readonly Item[], given: unknown): Item[] {
  return listOf(given).filter((each): each is Item => known.includes(each as Item));
}
