// The drift report: every partition compared with what its own migrations make. Targets that have the same files share
// one model, so a fleet needs as many as it has versions. Nothing is changed, and no lock is taken that a tenant feels.
import { HestiaError, type JsonObject, type TenantId } from "@hestia/core";
import {
  type Cluster,
  type Drift,
  type FleetTarget,
  type LedgerRow,
  listFleet,
  listMigrations,
  type MigrationFile,
  type Model,
  pathOf,
} from "@hestia/postgres/platform";
import { type Job, LetGo, NoLongerWanted, type OperationDefinition, step } from "./engine/kinds.ts";
import { isTransient } from "./engine/patience.ts";
import { placeOf } from "./fleet/ledger.ts";
import { isCancelled, messageOf } from "./fleet/outcomes.ts";
import { clusterOf } from "./platform.ts";

/** What a report is asked for; `targets` absent: all. */
type DriftInput = { readonly targets?: readonly string[]; readonly full?: boolean };

type Report = {
  readonly compared: number;
  readonly drifts: readonly Drift[];
  readonly unread: readonly { readonly target: string; readonly message: string }[];
  readonly slugs: ReadonlyMap<string, string>;
};

const compareAll = step<Report>({
  name: "compare",
  run: (job) => report(job, job.origin.input as DriftInput),
  commit: async (_tx, _job, { compared, drifts }) =>
    drifts.length === 0
      ? `${compared} partitions are as their migrations make them`
      : `${drifts.length} of ${compared} partitions differ`,
  result: resultOf,
});

/** The comparing of partitions with their migrations. */
export const comparing: OperationDefinition = { kind: "migrations.drift", steps: [compareAll] };

/** Targets that the result lists, and the differences of each: what a person can look at. */
const shown = { targets: 200, differences: 100 };

function resultOf({ compared, drifts, unread, slugs }: Report): JsonObject {
  const named = (target: string) => {
    const slug = slugs.get(target);
    return slug === undefined ? { target } : { target, slug };
  };
  return {
    compared,
    differing: drifts.length,
    drifts: drifts.slice(0, shown.targets).map(({ target, differences }) => ({
      ...named(target),
      count: differences.length,
      differences: differences.slice(0, shown.differences).map((each) => ({ ...each })),
    })),
    unread: unread.slice(0, shown.targets).map((each) => ({ ...each, ...named(each.target) })),
  };
}

async function report(job: Job, input: DriftInput): Promise<Report> {
  const { platform } = job;
  const { fleet, stored } = await platform.db.asPlatform(async (tx) => ({
    fleet: await listFleet(tx),
    stored: await listMigrations(tx),
  }));
  const wanted = input.targets === undefined ? undefined : new Set(input.targets);
  const targets = fleet.filter(
    (each) => each.isolation !== undefined && (wanted === undefined || wanted.has(each.target)),
  );
  const found: Found = { drifts: [], unread: [], done: 0, total: targets.length };
  for (const [name, mine] of Map.groupBy(targets, (each) => each.cluster)) {
    const models = modelsOf(clusterOf(platform, name), stored);
    const asked = { job, cluster: clusterOf(platform, name), models, full: input.full === true };
    await compareSchemas(
      asked,
      mine.filter((each) => each.database === undefined),
      found,
    );
    for (const each of mine)
      if (each.database !== undefined) await compareDatabase(asked, each, found);
  }
  const slugs = new Map(targets.flatMap((each) => (each.slug ? [[each.target, each.slug]] : [])));
  return { compared: targets.length, drifts: found.drifts, unread: found.unread, slugs };
}

type Found = {
  readonly drifts: Drift[];
  readonly unread: { target: string; message: string }[];
  done: number;
  readonly total: number;
};

type Asked = {
  readonly job: Job;
  readonly cluster: Cluster;
  readonly models: Models;
  readonly full: boolean;
};

/** Gives the model of a ledger; made once for all that have the same. */
type Models = (ledger: readonly LedgerRow[]) => Promise<Model>;

function modelsOf(cluster: Cluster, stored: readonly MigrationFile[]): Models {
  const made = new Map<string, Promise<Model>>();
  const known = new Map(stored.map((file) => [pathOf(file), file]));
  return (ledger) => {
    const key = ledger.map((row) => `${pathOf(row)} ${row.checksum}`).join("\n");
    const there = made.get(key);
    if (there !== undefined) return there;
    const files = ledger.map((row) => {
      const file = known.get(pathOf(row));
      if (file === undefined) throw new HestiaError("migration_missing", { file: pathOf(row) });
      if (file.checksum !== row.checksum)
        throw new HestiaError("migration_changed", { file: pathOf(row) });
      return file;
    });
    // Tenants' tables may refer to any reference table.
    const shared = stored.filter((file) => file.set === "shared");
    const model = cluster.fleet.modelOf([...shared, ...files]);
    made.set(key, model);
    return model;
  };
}

/** Schemas compared at a time and session: so often progress is told, and so soon a cancel is heard. */
const schemasAtOnce = 2_500;

async function compareSchemas(
  asked: Asked,
  targets: readonly FleetTarget[],
  found: Found,
): Promise<void> {
  if (targets.length === 0) return;
  const places = new Map(targets.map((each) => [placeOf(each), each]));
  const { job, cluster, models, full } = asked;
  const rows = await cluster.ledger(targets.length > 1_000 ? undefined : [...places.keys()]);
  const ledgers = Map.groupBy(rows, (row) => row.place);
  const versions = Map.groupBy(targets, (each) =>
    (ledgers.get(placeOf(each)) ?? []).map((row) => `${pathOf(row)} ${row.checksum}`).join("\n"),
  );
  for (const same of versions.values()) {
    const ledger = ledgers.get(placeOf(same[0] as FleetTarget)) ?? [];
    const model = await orUnread(same, found, () => models(ledger));
    if (model === undefined) continue;
    for (const [isPinned, part] of Map.groupBy(same, (each) => each.isolation === "schema")) {
      const compare = async (some: readonly FleetTarget[]) => {
        await tell(job, found);
        const named = some.map((each) => ({ ...each, place: placeOf(each) }));
        found.drifts.push(...(await cluster.fleet.drift(named, { model, full, isPinned })));
        found.done += some.length;
      };
      await besideEachOther(part, job.platform.config.migrationSessions, compare);
    }
  }
}

/** Works through parts of the list, so many at a time; throws once all have ended. */
async function besideEachOther<Item>(
  items: readonly Item[],
  sessions: number,
  work: (part: readonly Item[]) => Promise<void>,
): Promise<void> {
  const size = Math.min(schemasAtOnce, Math.ceil(items.length / sessions));
  const parts = Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
  const waiting = parts.values();
  const workInTurn = async () => {
    for (const part of waiting) await work(part);
  };
  const ended = await Promise.allSettled(Array.from({ length: sessions }, workInTurn));
  const failure = ended.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

async function compareDatabase(
  { job, cluster, models, full }: Asked,
  { target, tenantId, database }: FleetTarget,
  found: Found,
): Promise<void> {
  await tell(job, found);
  const tenant = { id: tenantId as TenantId, isolation: "database" as const };
  const drifts = await orUnread([{ target }], found, async () => {
    const ledger = await cluster.ledgerOf(tenant);
    const model = await models(ledger.filter((row) => row.set === "tenant"));
    const asked = [{ target, place: "app", tenantId }];
    return cluster.fleet.drift(asked, { model, full, isPinned: true, database });
  });
  found.drifts.push(...(drifts ?? []));
  found.done += 1;
}

// What cannot be compared is said, and keeps nobody else from it; a server that does not answer is waited for.
async function orUnread<T>(
  targets: readonly { readonly target: string }[],
  found: Found,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isTransient(error) && targets.length > 1) throw error;
    const message = messageOf(error);
    found.unread.push(...targets.map(({ target }) => ({ target, message })));
    return undefined;
  }
}

async function tell(job: Job, { done, total, drifts }: Found): Promise<void> {
  if (job.signal.aborted) throw new LetGo("this process is stopping");
  if (await isCancelled(job.platform, job.operation)) throw new NoLongerWanted("cancelled");
  const differ = drifts.length === 0 ? "" : `, ${drifts.length} differ`;
  void job.note(`${done} of ${total} partitions${differ}`, total === 0 ? 1 : done / total);
}
