// The application's migrations as operators see them: stored, tried, brought to every partition, and compared with what
// stands there.
import type { MigrationStateView, migrationRoutes } from "@hestia/api";
import {
  HestiaError,
  type JsonObject,
  type Operation,
  parseTenantId,
  type Tenant,
} from "@hestia/core";
import {
  clearFailures,
  countFleet,
  findOperation,
  getTenant,
  listFailedTargets,
  listMigrations,
  listOperations,
  listTenants,
  migrationFile,
  type PlatformTx,
  type StoredMigration,
} from "@hestia/postgres/platform";
import { recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import { comparing } from "./drifting.ts";
import type { OperationDefinition } from "./engine/kinds.ts";
import { targetOf } from "./fleet/ledger.ts";
import { optionsOf, type RunOptions, runOptions, storedOptions } from "./fleet/options.ts";
import { failureView, readRun } from "./fleet/run.ts";
import type { Handlers } from "./handlers.ts";
import { bringUp } from "./migrating.ts";
import { answerWithOperation } from "./prefer.ts";
import { store } from "./stored-migrations.ts";
import { trying } from "./trying.ts";

/** The handlers of migrations. */
export const migrationHandlers: Handlers<typeof migrationRoutes> = {
  get: async ({ platform }) => ({
    status: 200,
    body: await platform.db.asPlatform(readState),
  }),
  run: async ({ platform }, { operationId }) => ({
    status: 200,
    body: await readRun(platform, operationId),
  }),
  store: async (context, { files }) => {
    const given = files.map(({ set, name, sql }) => migrationFile(set, name, sql));
    const body = await context.platform.db.asPlatform(async (tx) => {
      await store(tx, context, given);
      return readState(tx);
    });
    return { status: 200, body };
  },
  up: async (context, { dryRun = false, files, canary = [], ...asked }) => {
    const operation = await context.platform.db.asPlatform(async (tx) => {
      const options = runOptions({ ...asked, canary: await targetsOf(tx, canary) });
      return dryRun
        ? begin(tx, context, {
            definition: trying,
            input: { ...storedOptions(options), ...(files === undefined ? {} : { files }) },
          })
        : beginRun(tx, context, { type: "migrations.started", options });
    });
    return answerWithOperation(context, operation);
  },
  continue: async (context) => {
    const operation = await context.platform.db.asPlatform(async (tx) => {
      const options = await waitingRun(tx);
      return beginRun(tx, context, { type: "migrations.continued", options });
    });
    return answerWithOperation(context, operation);
  },
  retry: async (context, { tenants }) => {
    const operation = await context.platform.db.asPlatform(async (tx) => {
      const named = tenants && (await targetsOf(tx, tenants));
      const targets = await clearFailures(tx, named);
      // Those that failed before go first: whoever retries wants to know of them.
      const input = storedOptions(runOptions({ canary: targets }));
      const operation = await insertRun(tx, context, { definition: bringUp, input });
      const now = context.platform.now();
      const data = { operationId: operation.id, targets };
      await recordEvent(tx, context, { type: "migrations.retried", data, now });
      return operation;
    });
    return answerWithOperation(context, operation);
  },
  drift: async (context, { tenants, full = false }) => {
    const operation = await context.platform.db.asPlatform(async (tx) => {
      const targets = tenants && (await targetsOf(tx, tenants));
      return begin(tx, context, {
        definition: comparing,
        input: { full, ...(targets === undefined ? {} : { targets }) },
      });
    });
    return answerWithOperation(context, operation);
  },
};

async function readState(tx: PlatformTx): Promise<MigrationStateView> {
  const files = await listMigrations(tx);
  const { versions, ...targets } = await countFleet(tx);
  return {
    files: files.map(fileView),
    targets,
    versions: versions.map(({ version, targets: count }) => ({
      ...(version === undefined ? {} : { version }),
      targets: count,
    })),
    failures: (await listFailedTargets(tx, { limit: failuresShownMax })).map(failureView),
  };
}

const failuresShownMax = 20;

function fileView({ set, name, checksum, storedAt }: StoredMigration) {
  return { set, name, checksum, storedAt: storedAt.toISOString() };
}

type Begun = {
  readonly definition: OperationDefinition;
  readonly input: JsonObject;
};

async function beginRun(
  tx: PlatformTx,
  context: OperatorContext,
  { type, options }: { type: "migrations.started" | "migrations.continued"; options: RunOptions },
): Promise<Operation> {
  const input = storedOptions(options);
  const operation = await insertRun(tx, context, { definition: bringUp, input });
  const data = { operationId: operation.id, options: input };
  await recordEvent(tx, context, { type, data, now: context.platform.now() });
  return operation;
}

/** Begins what changes nothing: a trial or a comparison. */
async function begin(tx: PlatformTx, context: OperatorContext, begun: Begun): Promise<Operation> {
  const operation = await insertRun(tx, context, begun);
  const now = context.platform.now();
  const data = { operationId: operation.id };
  if (begun.definition === trying)
    await recordEvent(tx, context, { type: "migrations.tried", data, now });
  else
    await recordEvent(tx, context, {
      type: "migrations.compared",
      data: { ...data, full: begun.input.full === true },
      now,
    });
  return operation;
}

async function insertRun(
  tx: PlatformTx,
  { platform, actor, requestId }: OperatorContext,
  { definition, input }: Begun,
): Promise<Operation> {
  const now = platform.now();
  return platform.engine.begin(tx, definition, { actor, requestId, now, input });
}

/** What the last run was asked, if it waits for somebody to go on; throws `migrations_not_waiting`. */
async function waitingRun(tx: PlatformTx): Promise<RunOptions> {
  const filter = { kind: bringUp.kind };
  const last = (await listOperations(tx, { filter, limit: 1 })).items[0];
  const stored = last?.result?.next === undefined ? undefined : await findOperation(tx, last.id);
  if (stored === undefined) throw new HestiaError("migrations_not_waiting");
  return optionsOf(stored.operation, stored.origin.input);
}

/** The targets of tenants that are named by slug or id; throws `tenant_not_found`. */
async function targetsOf(tx: PlatformTx, names: readonly string[]): Promise<string[]> {
  const targets = new Set<string>();
  for (const name of names) targets.add(targetOf(await namedTenant(tx, name)));
  return [...targets];
}

async function namedTenant(tx: PlatformTx, name: string): Promise<Tenant> {
  const id = parseTenantId(name);
  if (id !== undefined) return getTenant(tx, id);
  const page = await listTenants(tx, { filter: { slug: name }, sort: "slug", limit: 1 });
  const [found] = page.items;
  if (found === undefined) throw new HestiaError("tenant_not_found");
  return found;
}
