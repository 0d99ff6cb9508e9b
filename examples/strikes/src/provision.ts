// Makes the airlines tenants: stores the migrations, creates who is missing, and waits until each is ready. Invariant:
// running it again changes nothing; what a run that was killed had begun, the next one finishes.
import { readdir, readFile } from "node:fs/promises";
import type { Client, OperationView } from "@hestia/api";
import { HestiaError, isHestiaError, type TenantId } from "@hestia/core";
import type { Airline } from "./data/airlines.ts";

/** How provisioning may be watched and cut short. */
export type ProvisionOptions = {
  readonly onStep?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

const folder = new URL("../migrations/", import.meta.url);

/** Uploads the migrations, and applies them to the tenants that are behind. */
export async function storeMigrations(client: Client, options: ProvisionOptions): Promise<void> {
  options.onStep?.("storing the migrations");
  const files = await readMigrations();
  const { targets } = await client.migrations.store({ files }).catch((error: unknown) => {
    if (!isHestiaError(error, "migration_missing")) throw error;
    const message =
      "This platform holds the tables of another application; set HESTIA_EXAMPLE=off, or HESTIA_DATA to another folder.";
    throw new Error(message, { cause: error });
  });
  if (targets.behind + targets.failed === 0) return;
  options.onStep?.("migrating");
  await finished(client, await client.migrations.up(), options, "migrating");
}

/** Creates the airlines that are missing and waits for them; returns those that serve, since an operator may put some aside. */
export async function provisionAirlines(
  client: Client,
  airlines: readonly Airline[],
  options: ProvisionOptions,
): Promise<Airline[]> {
  let ready = 0;
  const serving = await Promise.all(
    airlines.map(async (airline) => {
      const tell = (step: string) =>
        options.onStep?.(
          `creating airlines: ${ready} of ${airlines.length} (${airline.name}: ${step})`,
        );
      const serves = await provisionAirline(client, airline, { ...options, onStep: tell });
      ready += 1;
      return serves;
    }),
  );
  return airlines.filter((_, at) => serving[at]);
}

async function provisionAirline(
  client: Client,
  airline: Airline,
  options: ProvisionOptions,
): Promise<boolean> {
  const tenant = (await findTenant(client, airline)) ?? (await createTenant(client, airline));
  if (tenant.status === "provisioning" || tenant.status === "failed") {
    const operation = await provisioningOf(client, tenant.id);
    const running =
      operation.status === "failed"
        ? await client.operations.retry({ operationId: operation.id })
        : operation;
    await finished(client, running, options, `creating ${airline.name}`);
    return true;
  }
  return tenant.status === "active" || tenant.status === "readonly";
}

async function findTenant(client: Client, { slug }: Airline) {
  const { items } = await client.tenants.list({ slug });
  return items[0];
}

async function createTenant(client: Client, { slug, name, isolation }: Airline) {
  try {
    // The same request after a broken connection is answered with what the first one made.
    return await client.tenants.create(
      { slug, name, isolation },
      { idempotencyKey: `strikes/${slug}/${isolation}` },
    );
  } catch (error) {
    if (!isHestiaError(error, "tenant_slug_taken")) throw error;
    const { items } = await client.tenants.list({ slug });
    if (items[0] === undefined) throw error;
    return items[0];
  }
}

async function provisioningOf(client: Client, tenantId: TenantId): Promise<OperationView> {
  const { items } = await client.operations.list({ tenantId, kind: "tenant.provision", limit: 1 });
  if (items[0] === undefined) throw new HestiaError("operation_not_found");
  return items[0];
}

/** Follows an operation to its end, telling its steps; throws when it failed. */
async function finished(
  client: Client,
  { id, status }: OperationView,
  { onStep, signal }: ProvisionOptions,
  what: string,
): Promise<void> {
  if (status === "succeeded") return;
  for await (const { steps, ...operation } of client.operations.events(
    { operationId: id },
    { signal },
  )) {
    const done = steps.filter((step) => step.status === "succeeded").length;
    const running = steps.find((step) => step.status === "running");
    onStep?.(
      `${running?.name ?? operation.status}, step ${done + (running ? 1 : 0)} of ${steps.length}`,
    );
    if (operation.status === "failed" || operation.status === "cancelled") {
      throw new HestiaError("operation_failed", {
        operationId: id,
        reason: `${what}: ${operation.error?.message ?? operation.status}`,
      });
    }
  }
}

async function readMigrations() {
  const sets = (["shared", "tenant"] as const).map(async (set) => {
    const names = await readdir(new URL(`${set}/`, folder));
    const files = names.filter((name) => name.endsWith(".sql")).sort();
    return Promise.all(
      files.map(async (name) => ({
        set,
        name,
        sql: await readFile(new URL(`${set}/${name}`, folder), "utf8"),
      })),
    );
  });
  return (await Promise.all(sets)).flat();
}
