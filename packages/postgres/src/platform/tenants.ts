// The SQL of tenants: one function per statement. A change writes its row under a lock, and `synced_version` says which
// version's state the data database is known to have.
import {
  HestiaError,
  type IsolationModel,
  invalidInput,
  type JsonObject,
  type Page,
  parseSort,
  type Tenant,
  type TenantId,
  type TenantSort,
  type TenantStatus,
} from "@hestia/core";
import { type Selectable, sql } from "kysely";
import { naming } from "./constraints.ts";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

const columns = [
  "tenants.id",
  "tenants.slug",
  "tenants.name",
  "tenants.status",
  "tenants.status_reason",
  "tenants.restore_status",
  "tenants.isolation",
  "clusters.name as cluster",
  "tenants.database_name",
  "tenants.schema_name",
  "tenants.plan_id",
  "tenants.domain",
  "tenants.settings",
  "tenants.created_at",
  "tenants.updated_at",
  "tenants.ends_at",
  "tenants.retain_until",
  "tenants.trial_ends_at",
  "tenants.review_at",
  "tenants.review_due_at",
  "tenants.version",
] as const;

type TenantColumn = Exclude<keyof PlatformTables["tenants"], "cluster_id" | "credentials">;
type TenantRow = Pick<
  Selectable<PlatformTables["tenants"]>,
  Exclude<
    TenantColumn,
    "domain_verified_at" | "admin_email" | "synced_version" | "deleted_at" | "search"
  >
> & { cluster: string };

/** Inserts a tenant; throws `tenant_slug_taken` or `tenant_domain_taken`. */
export async function insertTenant(
  tx: PlatformTx,
  tenant: Tenant,
  { clusterId, adminEmail }: { clusterId: string; adminEmail?: string | undefined },
): Promise<void> {
  const row = {
    ...changeable(tenant),
    id: tenant.id,
    slug: tenant.slug,
    isolation: tenant.isolation,
    cluster_id: clusterId,
    admin_email: adminEmail ?? null,
    created_at: tenant.createdAt,
    // There is nothing yet whose state could differ.
    synced_version: tenant.version,
  };
  await naming(takenBy(tenant), tx.insertInto("tenants").values(row).execute());
}

/** Returns the tenant, or undefined. */
export async function findTenant(tx: PlatformTx, tenantId: TenantId): Promise<Tenant | undefined> {
  const row = await oneTenant(tx, tenantId).executeTakeFirst();
  return row && toTenant(row);
}

/** Returns the tenant; throws `tenant_not_found`. */
export async function getTenant(tx: PlatformTx, tenantId: TenantId): Promise<Tenant> {
  return (await findTenant(tx, tenantId)) ?? notFound();
}

/** Returns the tenant, which no one else changes until the transaction ends; throws `tenant_not_found`. */
export async function lockTenant(tx: PlatformTx, tenantId: TenantId): Promise<Tenant> {
  const row = await oneTenant(tx, tenantId).forNoKeyUpdate("tenants").executeTakeFirst();
  return row ? toTenant(row) : notFound();
}

/** Writes a changed tenant, which the transaction has locked; throws `tenant_domain_taken`. */
export async function updateTenant(tx: PlatformTx, tenant: Tenant): Promise<void> {
  const change = {
    ...changeable(tenant),
    domain_verified_at: sql<Date | null>`case when domain = ${tenant.domain ?? null} then domain_verified_at end`,
    // Another name or plan is nothing that the data database has to learn.
    synced_version: sql<number>`case when status = ${tenant.status} and synced_version = version
      then ${tenant.version}::integer else synced_version end`,
    deleted_at: sql<Date | null>`case when ${tenant.status} = 'deleting' then coalesce(deleted_at, ${tenant.updatedAt}) end`,
  };
  const { numUpdatedRows } = await naming(
    takenBy(tenant),
    tx.updateTable("tenants").set(change).where("id", "=", tenant.id).executeTakeFirstOrThrow(),
  );
  if (numUpdatedRows === 0n) notFound();
}

/** Notes where a tenant's partition is, or with nothing that it has none. */
export async function placeTenant(
  tx: PlatformTx,
  tenantId: TenantId,
  { database, schema, credentials }: { database?: string; schema?: string; credentials?: string },
): Promise<void> {
  await tx
    .updateTable("tenants")
    .set({
      database_name: database ?? null,
      schema_name: schema ?? null,
      credentials: credentials ?? null,
    })
    .where("id", "=", tenantId)
    .execute();
}

/**
 * Takes from a purged tenant's row what was its own: what is left is its id and what became of it. Its slug is free again.
 */
export async function scrubTenant(tx: PlatformTx, { id, version }: Tenant): Promise<void> {
  await tx
    .updateTable("tenants")
    .set({
      slug: `purged-${id.replaceAll("-", "")}`,
      name: "Purged",
      ...{ domain: null, domain_verified_at: null, settings: "{}", admin_email: null },
      ...{ database_name: null, schema_name: null, credentials: null, restore_status: null },
      ...{ ends_at: null, retain_until: null, trial_ends_at: null, review_at: null },
      ...{ review_due_at: null, synced_version: version },
    })
    .where("id", "=", id)
    .execute();
}

/** What time brings: the next station of an end, the end of a trial, the review of a suspension. */
export type DueMoment = keyof typeof dueMoments;

const dueMoments = {
  end: { column: "tenants.ends_at", statuses: ["deleting", "archived"] },
  trial: { column: "tenants.trial_ends_at", statuses: ["active", "readonly"] },
  review: { column: "tenants.review_at", statuses: ["suspended", "readonly"] },
} as const;

/** Returns tenants for which the moment has come, those that wait longest first; with `at`, that one if it is. */
export async function listDue(
  tx: PlatformTx,
  asked: { moment: DueMoment; now: Date; limit: number; at: TenantId | undefined },
): Promise<Tenant[]> {
  const { moment, now, limit, at } = asked;
  const { column, statuses } = dueMoments[moment];
  const rows = await allTenants(tx)
    .where(column, "<=", now)
    .where("tenants.status", "in", statuses)
    .$if(at !== undefined, (query) => query.where("tenants.id", "=", at ?? ""))
    // An end waits for what is under way, and a review is told once.
    .$if(moment === "end", (query) => query.where(isIdle))
    .$if(moment === "review", (query) => query.where("tenants.review_due_at", "is", null))
    .orderBy(column)
    .limit(limit)
    .execute();
  return rows.map(toTenant);
}

const isIdle = sql<boolean>`not exists (
  select from platform.operations o where o.tenant_id = tenants.id and o.finished_at is null)`;

/** Returns the address of the tenant's first administrator, or undefined. */
export async function findAdminEmail(
  tx: PlatformTx,
  tenantId: TenantId,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom("tenants")
    .select("admin_email")
    .where("id", "=", tenantId)
    .executeTakeFirst();
  return row?.admin_email ?? undefined;
}

/** Gives the tenant's first administrator another address. */
export async function setAdminEmail(
  tx: PlatformTx,
  tenantId: TenantId,
  email: string,
): Promise<void> {
  await tx.updateTable("tenants").set({ admin_email: email }).where("id", "=", tenantId).execute();
}

/** Notes that the tenant's domain is its own: from now on it identifies the tenant. */
export async function markDomainVerified(
  tx: PlatformTx,
  tenantId: TenantId,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("tenants")
    .set({ domain_verified_at: now })
    .where("id", "=", tenantId)
    .execute();
}

/** What a list of tenants is narrowed to. */
export type TenantFilter = {
  readonly id?: readonly TenantId[] | undefined;
  readonly status?: readonly TenantStatus[] | undefined;
  readonly plan?: readonly string[] | undefined;
  readonly isolation?: readonly IsolationModel[] | undefined;
  readonly slug?: string | undefined;
  /** Whether its suspension has to be reviewed. */
  readonly reviewDue?: boolean | undefined;
  /** Part of a name, slug or domain, in any case. */
  readonly q?: string | undefined;
};

/** What a list of tenants asks for. */
export type TenantListing = PageRequest & {
  readonly filter: TenantFilter;
  readonly sort: TenantSort;
};

/** Returns one page of tenants; throws `cursor_invalid`. */
export async function listTenants(tx: PlatformTx, listing: TenantListing): Promise<Page<Tenant>> {
  const rows = await tenantListQuery(tx, listing).execute();
  const { field } = parseSort(listing.sort);
  return pageOfRows(rows.map(toTenant), listing, bindingOf(listing), (tenant) => [
    tenant[field],
    tenant.id,
  ]);
}

/** The statement of a list, for whoever asks how it is planned; it returns one row more than the limit. */
export function tenantListQuery(tx: PlatformTx, listing: TenantListing) {
  const { field, descending } = parseSort(listing.sort);
  const keyset: Keyset = { ...sortable[field], id: "tenants.id", descending };
  return narrowed(tx, listing.filter)
    .where(afterCursor(keyset, listing, bindingOf(listing)))
    .orderBy(keysetOrder(keyset))
    .limit(listing.limit + 1);
}

function bindingOf({ sort, filter }: TenantListing) {
  return { sort, filter: { ...filter } };
}

const sortable = {
  createdAt: { column: "tenants.created_at", kind: "time" },
  updatedAt: { column: "tenants.updated_at", kind: "time" },
  name: { column: "tenants.name", kind: "text" },
  slug: { column: "tenants.slug", kind: "text" },
} as const;

function narrowed(tx: PlatformTx, filter: TenantFilter) {
  const { id, status, plan, isolation, slug, reviewDue, q } = filter;
  return allTenants(tx)
    .$if(reviewDue !== undefined, (query) =>
      query.where("tenants.review_due_at", reviewDue ? "is not" : "is", null),
    )
    .$if(id !== undefined, (query) => query.where("tenants.id", "in", id ?? []))
    .$if(status !== undefined, (query) => query.where("tenants.status", "in", status ?? []))
    .$if(isolation !== undefined, (query) =>
      query.where("tenants.isolation", "in", isolation ?? []),
    )
    .$if(plan !== undefined, (query) => query.where("tenants.plan_id", "in", plan ?? []))
    .$if(slug !== undefined, (query) => query.where("tenants.slug", "=", slug ?? ""))
    .$if(q !== undefined && q !== "", (query) =>
      query.where(
        "tenants.search",
        "like",
        sql<string>`'%' || lower(${escapeLike(q ?? "")}) || '%'`,
      ),
    );
}

/** Notes that the data database has the state of this version. */
export async function markSynced(tx: PlatformTx, { id, version }: Tenant): Promise<void> {
  await tx
    .updateTable("tenants")
    .set({ synced_version: version })
    .where("id", "=", id)
    .where("synced_version", "<", version)
    .execute();
}

/** What a walk over tenants asks for: those after an id, all or some of them. */
export type TenantWalk = {
  readonly after?: TenantId | undefined;
  readonly cluster?: string | undefined;
  readonly isolation?: readonly IsolationModel[] | undefined;
  readonly limit: number;
};

/** Returns tenants whose state the data database may not have yet, in the order of their ids. */
export async function listUnsynced(tx: PlatformTx, walk: TenantWalk): Promise<Tenant[]> {
  const rows = await walked(tx, walk)
    .whereRef("tenants.synced_version", "<", "tenants.version")
    .execute();
  return rows.map(toTenant);
}

/** Returns the tenants after an id, in the order of their ids: for walks over all of them. */
export async function listTenantsAfter(tx: PlatformTx, walk: TenantWalk): Promise<Tenant[]> {
  return (await walked(tx, walk).execute()).map(toTenant);
}

function walked(tx: PlatformTx, { after, cluster, isolation, limit }: TenantWalk) {
  return allTenants(tx)
    .$if(after !== undefined, (query) => query.where("tenants.id", ">", after ?? ""))
    .$if(cluster !== undefined, (query) => query.where("clusters.name", "=", cluster ?? ""))
    .$if(isolation !== undefined, (query) =>
      query.where("tenants.isolation", "in", isolation ?? []),
    )
    .orderBy("tenants.id")
    .limit(limit);
}

function allTenants(tx: PlatformTx) {
  return tx
    .selectFrom("tenants")
    .innerJoin("clusters", "clusters.id", "tenants.cluster_id")
    .select(columns);
}

function oneTenant(tx: PlatformTx, tenantId: TenantId) {
  return allTenants(tx).where("tenants.id", "=", tenantId);
}

function changeable(tenant: Tenant) {
  return {
    name: tenant.name,
    status: tenant.status,
    status_reason: tenant.statusReason ?? null,
    restore_status: tenant.restoreStatus ?? null,
    plan_id: tenant.plan,
    domain: tenant.domain ?? null,
    settings: JSON.stringify(tenant.settings),
    ends_at: tenant.endsAt ?? null,
    retain_until: tenant.retainUntil ?? null,
    trial_ends_at: tenant.trialEndsAt ?? null,
    review_at: tenant.reviewAt ?? null,
    review_due_at: tenant.reviewDueAt ?? null,
    version: tenant.version,
    updated_at: tenant.updatedAt,
  };
}

function toTenant(row: TenantRow): Tenant {
  return {
    id: row.id as TenantId,
    slug: row.slug,
    name: row.name,
    status: row.status as TenantStatus,
    statusReason: row.status_reason ?? undefined,
    isolation: row.isolation as IsolationModel,
    placement: {
      cluster: row.cluster,
      database: row.database_name ?? undefined,
      schema: row.schema_name ?? undefined,
    },
    plan: row.plan_id,
    domain: row.domain ?? undefined,
    settings: row.settings as JsonObject,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endsAt: row.ends_at ?? undefined,
    retainUntil: row.retain_until ?? undefined,
    trialEndsAt: row.trial_ends_at ?? undefined,
    reviewAt: row.review_at ?? undefined,
    reviewDueAt: row.review_due_at ?? undefined,
    version: row.version,
    restoreStatus: (row.restore_status as TenantStatus | null) ?? undefined,
  };
}

function takenBy({ slug, domain = "", plan }: Tenant) {
  return {
    // It was deleted since it was looked for.
    tenants_plan_fkey: () =>
      invalidInput([
        { pointer: "/plan", code: "not_found", message: `There is no plan "${plan}".` },
      ]),
    tenants_slug_key: () => new HestiaError("tenant_slug_taken", { slug }),
    tenants_domain_key: () => new HestiaError("tenant_domain_taken", { domain }),
  };
}

function notFound(): never {
  throw new HestiaError("tenant_not_found");
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
