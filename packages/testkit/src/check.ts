// The whole check: a scratch copy of the application, two tenants in each model, attacks, mutations, and the comparison
// of what runs with what was attacked. Invariant: however it ends, the scratch copy is removed.

import { HestiaError, type IsolationModel, isolationModels } from "@hestia/core";
import {
  checkDatabaseUrl,
  type MigrationFile,
  readMigrations,
  withClient,
  withDatabase,
} from "@hestia/postgres/platform";
import pg from "pg";
import { type Catalogue, readCatalogue } from "./catalogue.ts";
import type { GivenValues } from "./drafts.ts";
import { fillTables } from "./fill.ts";
import { compareInstallation } from "./installation.ts";
import { type Playing, playStage, type Score } from "./play.ts";
import type { Finding, IsolationReport, ReportGroup } from "./report.ts";
import { checkRoutes, type Pair, type RouteOptions } from "./routes/check.ts";
import { makeScratch, type Scratch, type Side } from "./scratch.ts";
import type { Member } from "./stage.ts";

/** What to check, and how. */
export type CheckOptions = RouteOptions & {
  /** An administrator's URL: of the platform database, or of any database where `migrations` are given. */
  readonly databaseUrl: string;
  /** The application's migrations, as files or as their folder. Default: those that the platform stores. */
  readonly migrations?: string | readonly MigrationFile[];
  /** The isolation models to attack. Default: all three. */
  readonly models?: readonly IsolationModel[];
  /** Every mutation on every table, not only one of each kind. Default false. */
  readonly full?: boolean;
  /** Whether the protection is weakened, to see that the probes would tell. Default true. */
  readonly mutate?: boolean;
  /** Values for columns that none can be found for: `{ orders: { iban: "CH93 0076 2011 6238 5295 7" } }`. */
  readonly values?: GivenValues;
  /** SQL of the administrator's for each place of the copy, after the migrations: what the installation has beside them. */
  readonly setup?: string;
  /** Told what is being done: how many are done of how many. */
  readonly onProgress?: (text: string, done: number, total: number) => void;
  /** Ends the check early; the scratch copy is removed all the same. */
  readonly signal?: AbortSignal;
};

/**
 * Checks that an application's tenants are kept apart, on a scratch copy on the same server.
 *
 * Throws `database_unavailable`, `database_unsuitable` where the administrator is no superuser, and what migrations throw.
 *
 * @example
 * const report = await checkIsolation({ databaseUrl, migrations: "migrations" });
 * if (!isProven(report)) console.error(report.findings);
 */
export async function checkIsolation(options: CheckOptions): Promise<IsolationReport> {
  const startedAt = new Date().toISOString();
  checkDatabaseUrl(options.databaseUrl);
  const server = await expectSuperuser(options.databaseUrl);
  const files = await migrationsOf(options);
  const { signal, onProgress = () => {} } = options;
  const checkEnded = () => signal?.throwIfAborted();
  const playing: Playing = {
    full: options.full ?? false,
    mutate: options.mutate ?? true,
    onProgress,
    checkEnded,
  };
  const scratch = await makeScratch(options.databaseUrl, files, (text) => onProgress(text, 0, 0));
  try {
    const models = isolationModels.filter((model) =>
      (options.models ?? isolationModels).includes(model),
    );
    const scores: Score[] = [];
    const catalogues: Catalogue[] = [];
    const pairs: Pair[] = [];
    for (const model of models) {
      checkEnded();
      onProgress(`${model}: making two tenants`, 0, 0);
      const made = await checkModel(scratch, model, playing, options);
      scores.push(made.score);
      catalogues.push(made.catalogue);
      pairs.push(made.pair);
    }
    if (options.app || options.start) onProgress("attacking the routes", 0, 0);
    const attacked = await checkRoutes(scratch, pairs, {
      ...options,
      mutate: playing.mutate,
      checkEnded,
    });
    if (attacked) scores.push(attacked.score);
    if (options.migrations === undefined) {
      onProgress("comparing the installation with the copy", 0, 0);
      const sides = pairs.map(({ victim }) => victim);
      const how = { sides, full: playing.full, checkEnded };
      scores.push(scoreOf(await compareInstallation(options.databaseUrl, scratch, how)));
    }
    return {
      ...{ target: targetOf(options.databaseUrl), startedAt, server, models },
      objects: countObjects(catalogues, attacked?.routes ?? 0),
      ...sum(scores),
      full: playing.full,
      finishedAt: new Date().toISOString(),
    };
  } finally {
    onProgress("removing the scratch copy", 0, 0);
    await scratch.remove();
  }
}

function scoreOf(compared: { group: ReportGroup; findings: readonly Finding[] }): Score {
  const { group, findings } = compared;
  const { probes, failed } = group;
  return { probes, failed, groups: [group], mutations: [], findings };
}

function sum(scores: readonly Score[]) {
  return {
    probes: scores.reduce((total, { probes }) => total + probes, 0),
    failed: scores.reduce((total, { failed }) => total + failed, 0),
    groups: scores.flatMap(({ groups }) => groups),
    mutations: scores.flatMap(({ mutations }) => mutations),
    findings: scores.flatMap(({ findings }) => findings),
  };
}

/** How many there are of each, by name: the models have the same ones. */
function countObjects(
  catalogues: readonly Catalogue[],
  routes: number,
): IsolationReport["objects"] {
  const count = (pick: (catalogue: Catalogue) => readonly { readonly name: string }[]) =>
    new Set(catalogues.flatMap((each) => pick(each).map(({ name }) => name))).size;
  return {
    tables: count(({ tables }) => tables),
    views: count(({ views }) => views),
    functions: count(({ routines }) => routines),
    sequences: count(({ sequences }) => sequences),
    routes,
  };
}

/** The database, without who may enter it. */
function targetOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}

async function expectSuperuser(databaseUrl: string): Promise<string> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ superuser: boolean; version: string; name: string }>(
      "select rolsuper as superuser, current_setting('server_version') as version, rolname as name from pg_roles where rolname = current_user",
    );
    const [found] = rows;
    if (!found?.superuser)
      throw new HestiaError("database_unsuitable", {
        problem: `${found?.name} is no superuser, and the check weakens roles and rights on a scratch copy; run it against a server where you have one, with --migrations.`,
      });
    return found.version;
  });
}

async function migrationsOf({ databaseUrl, migrations }: CheckOptions): Promise<MigrationFile[]> {
  if (typeof migrations === "string") return readMigrations(migrations);
  if (migrations !== undefined) return [...migrations];
  return withClient(databaseUrl, async (client) => {
    const { rows: there } = await client.query<{ there: boolean }>(
      "select to_regclass('platform.migrations') is not null as there",
    );
    if (!there[0]?.there)
      throw new HestiaError("database_unsuitable", {
        problem:
          "There is no platform of Hestia in this database; name the platform's, or give --migrations.",
      });
    const { rows } = await client.query<MigrationFile>(
      "select set, name, sql, checksum from platform.migrations order by set, name",
    );
    return rows;
  });
}

async function checkModel(
  scratch: Scratch,
  model: IsolationModel,
  playing: Playing,
  { values: given, setup }: CheckOptions,
): Promise<{ score: Score; catalogue: Catalogue; pair: Pair }> {
  const attacker = await scratch.addTenant(model, `${model}-attacker`);
  const victim = await scratch.addTenant(model, `${model}-victim`);
  if (setup !== undefined) await setUp(scratch, [attacker, victim], setup);
  const schemas = [...new Set([attacker.place, victim.place, "shared"])];
  return withAdministrator(scratch, attacker, async (admin, client) => {
    const catalogue = await readCatalogue(admin, schemas);
    const sides = {
      attacker: await fillMember(scratch, attacker, { token: "attackerhas", seed: 11, given }),
      victim: await fillMember(scratch, victim, { token: "victimsecret", seed: 5011, given }),
    };
    const { rolePrefix } = scratch;
    const score = await playStage({ ...sides, catalogue, admin, client, rolePrefix }, playing);
    return { score, catalogue, pair: sides };
  });
}

/** Runs the caller's SQL once in each place. */
async function setUp(scratch: Scratch, sides: readonly Side[], setup: string): Promise<void> {
  const places = Map.groupBy(sides, ({ database, place }) => `${database} ${place}`);
  for (const [side] of places.values()) {
    if (!side) continue;
    await withClient(withDatabase(scratch.databaseUrl, side.database), async (admin) => {
      await admin.query(`set search_path = ${pg.escapeIdentifier(side.place)}, shared, extensions`);
      await admin.query(setup);
    });
  }
}

/** The rows of one tenant, drafted from the catalogue of its own database. */
async function fillMember(
  scratch: Scratch,
  side: Side,
  how: { token: string; seed: number; given: GivenValues | undefined },
): Promise<Member> {
  return withClient(withDatabase(scratch.databaseUrl, side.database), async (admin) => {
    await admin.query(`set search_path = ${pg.escapeIdentifier(side.place)}, shared, extensions`);
    const catalogue = await readCatalogue(admin, [side.place, "shared"]);
    const { tenant, place } = side;
    return { ...side, filled: await fillTables({ admin, tenant, place, catalogue, ...how }) };
  });
}

/** The administrator, and a connection of the attacker's login, in the attacker's database. */
async function withAdministrator<T>(
  scratch: Scratch,
  { database, login }: Side,
  work: (admin: pg.Client, client: pg.Client) => Promise<T>,
): Promise<T> {
  const url = new URL(withDatabase(scratch.databaseUrl, database));
  return withClient(url.href, async (admin) => {
    url.username = login.user;
    url.password = login.password;
    return withClient(url.href, (client) => work(admin, client));
  });
}
