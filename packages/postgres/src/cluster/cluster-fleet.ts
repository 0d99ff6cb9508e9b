// All of a cluster's partitions together: what they have, what they lack, and whether they are what their migrations make.

import { translated } from "../failures.ts";
import { withClient } from "./admin.ts";
import { compare, type Drift, type DriftTarget, type Model, readModel } from "./drift.ts";
import { byPlace, type Fingerprint, fingerprintText } from "./fingerprint.ts";
import { type FleetJob, type FleetOptions, runFleet } from "./fleet.ts";
import type { Roles } from "./identifiers.ts";
import type { MigrationFile } from "./migration-files.ts";
import { inScratch, type Trial } from "./scratch.ts";
import type { Sessions } from "./sessions.ts";

/** How a cluster's databases are reached. */
export type FleetReach = {
  readonly sessions: Sessions;
  readonly dataUrl: string;
  /** The template of tenants' own databases. */
  readonly templateUrl: string;
  readonly urlOf: (database: string) => string;
  readonly roles: Roles;
};

type Questioned = Sessions["data"];

/** The fleet of one cluster; errors are `database_unavailable` and those of migrations. */
export class ClusterFleet {
  readonly #reach: FleetReach;

  constructor(reach: FleetReach) {
    this.#reach = reach;
  }

  get #data(): Questioned {
    return this.#reach.sessions.data;
  }

  /** Applies what each of the targets lacks, a few beside each other; see `runFleet`. */
  async migrate(jobs: readonly FleetJob[], options: FleetOptions): Promise<void> {
    const connect = (url: string) => this.#reach.sessions.connect(url);
    await translated(() => runFleet({ ...this.#reach, connect }, jobs, options));
  }

  /** What every schema of the data database has, in short, by the schema's name. */
  async fingerprints(): Promise<Map<string, Fingerprint>> {
    const text = fingerprintText("place", "hestia.migrations");
    return translated(async () => byPlace((await this.#data.query<Fingerprint>(text)).rows));
  }

  /** Which database each of the tenants' own is, by its name: one that was restored is another than before. */
  async incarnations(): Promise<Map<string, string>> {
    return translated(() => readIncarnations(this.#data));
  }

  /** Tries files in a scratch partition that is rolled back, where it locks nothing that anybody uses. */
  async tryMigrations(
    files: readonly MigrationFile[],
    { isShared = false } = {},
  ): Promise<Trial[]> {
    const { templateUrl, roles } = this.#reach;
    return translated(() =>
      withClient(templateUrl, async (client) => {
        const asked = { files: inOrder(files), roles, isShared };
        return (await inScratch(client, asked, async () => {})).trials;
      }),
    );
  }

  /** What a partition looks like to which these files were applied. */
  async modelOf(files: readonly MigrationFile[]): Promise<Model> {
    const { templateUrl, roles } = this.#reach;
    return translated(() =>
      withClient(templateUrl, (client) => readModel(client, { files: inOrder(files), roles })),
    );
  }

  /** Compares partitions with their model; returns those that differ. All are in the data database, or in the one named. */
  async drift(
    targets: readonly DriftTarget[],
    options: { model: Model; full: boolean; isPinned: boolean; database?: string | undefined },
  ): Promise<Drift[]> {
    const { dataUrl, urlOf } = this.#reach;
    const url = options.database === undefined ? dataUrl : urlOf(options.database);
    return translated(() => withClient(url, (client) => compare(client, targets, options)));
  }
}

/** The shared ones first, each set in the order of the names. */
function inOrder(files: readonly MigrationFile[]): MigrationFile[] {
  return files.toSorted((a, b) => (`${a.set}/${a.name}` < `${b.set}/${b.name}` ? -1 : 1));
}

// A server that was restored to a point in time goes on in another timeline; a database that was, has another number.
// Where the login may not know the timeline, the number alone tells.
async function readIncarnations(data: Questioned): Promise<Map<string, string>> {
  const { rows: allowed } = await data.query<{ may: boolean }>(
    "select has_function_privilege('pg_control_checkpoint()', 'execute') as may",
  );
  const timeline = allowed[0]?.may ? "(select timeline_id from pg_control_checkpoint())" : "0";
  const { rows } = await data.query<{ name: string; incarnation: string }>(
    `select datname as name, ${timeline} || '/' || oid as incarnation from pg_database`,
  );
  return new Map(rows.map((row) => [row.name, row.incarnation]));
}
