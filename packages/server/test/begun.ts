// How each kind of operation is begun, on a tenant that stands where that kind begins.
import type { IsolationModel, TenantId } from "@hestia/core";
import { withClient } from "@hestia/postgres/platform";
import type { ServerProcess } from "./process.ts";
import { ask, createTenant, type migrations, until } from "./world.ts";

/** What is begun. The key finds it in the database: a tenant's id or slug, or the kind where there is no tenant. */
export type Prepared = {
  readonly key: string;
  readonly slug?: string;
  /** A name of what it makes for all tenants. */
  readonly makes?: string;
  begin(): Promise<unknown>;
};

/** What a kind is begun with. */
type Given = {
  readonly client: ServerProcess["client"];
  readonly isolation: IsolationModel;
  readonly slug: string;
  readonly databaseUrl: string;
  /** The stored migrations, to which more are added. */
  readonly files: typeof migrations;
};

const fresh = async ({ client, isolation, slug }: Given) =>
  (await createTenant(client, { slug, isolation, domain: `${slug}.test` })).id;
const deleted = async (given: Given) => {
  const tenantId = await fresh(given);
  await given.client.tenants.delete({ tenantId }, { waitSeconds: 30 });
  return tenantId;
};
const archived = async (given: Given) => {
  const tenantId = await deleted(given);
  await makeDue(given, tenantId);
  await until(
    "it is archived",
    async () => (await given.client.tenants.get({ tenantId })).status === "archived",
  );
  return tenantId;
};
/** What is just being archived comes back by an operation of its own: its archive is under way, and not written before that is asked for. */
async function restoreFromArchiving(given: Given, tenantId: TenantId): Promise<void> {
  await withClient(given.databaseUrl, async (holder) => {
    await holder.query("begin; lock table platform.archives in access exclusive mode");
    await makeDue(given, tenantId);
    await until("its archive is under way", async () => {
      const { items } = await given.client.operations.list({ tenantId, kind: "tenant.archive" });
      return items[0]?.steps.find(({ name }) => name === "archive")?.status === "running";
    });
    await given.client.tenants.restore({ tenantId });
    await holder.query("rollback");
  });
}

const makeDue = ({ databaseUrl }: Given, tenantId: TenantId) =>
  ask(databaseUrl, "update platform.tenants set ends_at = now() - interval '1 day' where id = $1", [
    tenantId,
  ]);

/** How each kind is begun. */
export const kinds: { readonly [kind: string]: (given: Given) => Promise<Prepared> } = {
  "tenant.provision": async ({ client, slug, isolation }) => ({
    key: slug,
    slug,
    begin: () => client.tenants.create({ slug, name: slug, isolation, domain: `${slug}.test` }),
  }),
  "tenant.delete": async (given) => {
    const tenantId = await fresh(given);
    return of(given, tenantId, () => given.client.tenants.delete({ tenantId }));
  },
  "tenant.archive": async (given) => {
    const tenantId = await deleted(given);
    return of(given, tenantId, () => makeDue(given, tenantId));
  },
  "tenant.unarchive": async (given) => {
    const tenantId = await archived(given);
    return of(given, tenantId, () => given.client.tenants.restore({ tenantId }));
  },
  "tenant.restore": async (given) => {
    const tenantId = await deleted(given);
    return of(given, tenantId, () => restoreFromArchiving(given, tenantId));
  },
  "tenant.purge": async (given) => {
    const tenantId = await deleted(given);
    const reason = "asked for";
    return of(given, tenantId, () => given.client.tenants.purge({ tenantId, reason }));
  },
  "migrations.up": async ({ client, slug, files }) => {
    const made = slug.replaceAll("-", "_");
    const name = `${String(files.length).padStart(4, "0")}_${made}.sql`;
    const table = `create table ${made} (id int primary key); select hestia.share('${made}');`;
    files.push({ set: "shared", name, sql: table });
    files.push({ set: "tenant", name, sql: `alter table notes add ${made} int;` });
    await client.migrations.store({ files });
    return { key: "migrations.up", makes: made, begin: () => client.migrations.up() };
  },
  "migrations.try": async ({ client }) => ({
    key: "migrations.try",
    begin: () => client.migrations.up({ dryRun: true }),
  }),
  "migrations.drift": async ({ client }) => ({
    key: "migrations.drift",
    begin: () => client.migrations.drift({ full: true }),
  }),
  "isolation.check": async ({ client }) => ({
    key: "isolation.check",
    begin: () => client.isolationChecks.start({ models: ["shared"] }),
  }),
};

const of = ({ slug }: Given, key: TenantId, begin: () => Promise<unknown>): Prepared => ({
  key,
  slug,
  begin,
});
