// The commands about the application's migrations: the folder is sent whole and stored by checksum, and every target is
// brought up to what is stored. What is stored decides; the folder is compared with it and never applied by itself.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DriftResult, MigrationStateView, OperationView, TrialResult } from "@hestia/api";
import type { MigrationFile } from "@hestia/postgres/platform";
import { parseInteger, parseList, refuseOption } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import { Exit } from "./exit-codes.ts";
import { driftText, type FileState, migrationText, trialText } from "./migration-text.ts";
import { openServer } from "./server.ts";
import { watchToSuccess } from "./watch.ts";

/** The options of the commands that read the folder. */
export type MigrateOptions = ServerOptions & { readonly dir?: string; readonly wait?: boolean };

/** How a run goes through the fleet. */
export type UpOptions = MigrateOptions & {
  readonly canary?: string;
  readonly waves?: string;
  readonly pause?: string;
  readonly hold?: boolean;
  readonly stopOnError?: boolean;
  readonly errorRate?: string;
  readonly dryRun?: boolean;
};

/** Stores the folder's files and brings every target up to what is stored. */
export async function migrateUp(context: Context, options: UpOptions): Promise<void> {
  const { output } = context;
  const body = bodyOf(options);
  const files = await readFolder(context, options);
  const server = openServer(context, options);
  const { client, send } = server;
  const idempotencyKey = randomUUID();
  if (options.dryRun) {
    const given = files?.map(({ set, name, sql }) => ({ set, name, sql }));
    const asked = await send(() =>
      client.migrations.up({ ...body, ...(given && { files: given }) }, { idempotencyKey }),
    );
    return endTrial(context, server, { asked, options });
  }
  if (files === undefined) output.note("No folder is named: what is stored is applied.");
  else await upload(context, server, files);
  const asked = await send(() => client.migrations.up(body, { idempotencyKey }));
  await endRun(context, server, { asked, options });
}

/** Lets a run that holds go on with its next wave. */
export async function migrateContinue(context: Context, options: MigrateOptions): Promise<void> {
  const server = openServer(context, options);
  const idempotencyKey = randomUUID();
  const asked = await server.send(() => server.client.migrations.continue({ idempotencyKey }));
  await endRun(context, server, { asked, options });
}

/** Tries targets that failed again, those named or all. */
export async function migrateRetry(
  context: Context,
  tenants: readonly string[],
  options: MigrateOptions,
): Promise<void> {
  const server = openServer(context, options);
  const idempotencyKey = randomUUID();
  const body = tenants.length === 0 ? {} : { tenants: [...tenants] };
  const asked = await server.send(() => server.client.migrations.retry(body, { idempotencyKey }));
  await endRun(context, server, { asked, options });
}

/** Compares partitions with what their migrations make; ends with 1 where one differs. */
export async function migrateDrift(
  context: Context,
  tenants: readonly string[],
  options: ServerOptions & { readonly full?: boolean },
): Promise<void> {
  const { output } = context;
  const server = openServer(context, options);
  const body = {
    full: options.full === true,
    ...(tenants.length === 0 ? {} : { tenants: [...tenants] }),
  };
  const idempotencyKey = randomUUID();
  const asked = await server.send(() => server.client.migrations.drift(body, { idempotencyKey }));
  const operation = await watchToSuccess(context, server, asked.id);
  const result = operation.result as DriftResult;
  if (options.json) output.printJson(result);
  else output.print(driftText(result, output));
  if (result.differing + result.unread.length > 0) throw new Exit(1);
}

type Server = ReturnType<typeof openServer>;
type Asked = { readonly asked: OperationView; readonly options: MigrateOptions };

async function endRun(context: Context, server: Server, { asked, options }: Asked): Promise<void> {
  const { output } = context;
  if (options.wait === false) {
    if (options.json) return output.printJson(asked);
    return output.note(`To follow it: hestia operations watch ${asked.id}`);
  }
  const operation = await watchToSuccess(context, server, asked.id);
  if (options.json) return output.printJson(operation);
  const { targets } = await server.send(() => server.client.migrations.get());
  output.print(`${targets.current} target${targets.current === 1 ? " is" : "s are"} current.`);
  const next = operation.result?.next;
  if (next !== undefined)
    output.note(`The wave "${next}" waits; to go on: hestia migrate continue`);
}

async function endTrial(
  context: Context,
  server: Server,
  { asked, options }: Asked,
): Promise<void> {
  const operation = await watchToSuccess(context, server, asked.id);
  const trial = operation.result as TrialResult;
  if (options.json) context.output.printJson(trial);
  else context.output.print(trialText(trial, context.output));
  if (trial.files.some((file) => file.message !== undefined)) throw new Exit(1);
}

function bodyOf(options: UpOptions) {
  const pauseSeconds = parseInteger("--pause", options.pause);
  const waves = parseList(options.waves)?.filter(Boolean).map(percentOf);
  const errorRateMax = options.errorRate === undefined ? undefined : shareOf(options.errorRate);
  return {
    ...(waves === undefined ? {} : { waves }),
    ...(options.canary === undefined ? {} : { canary: parseList(options.canary) ?? [] }),
    ...(pauseSeconds === undefined ? {} : { pauseSeconds }),
    ...(options.hold ? { hold: true } : {}),
    ...(options.stopOnError ? { stopOnError: true } : {}),
    ...(errorRateMax === undefined ? {} : { errorRateMax }),
    ...(options.dryRun ? { dryRun: true } : {}),
  };
}

function percentOf(text: string): number {
  const percent = Number(text.replace(/%$/, ""));
  return percent > 0 && percent < 100
    ? percent
    : refuseOption("--waves", "It must be shares in per cent, such as 1,10,50.");
}

function shareOf(text: string): number {
  const share = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  return share >= 0 && share <= 1
    ? share
    : refuseOption("--error-rate", "It must be a share, such as 0.1 or 10%.");
}

async function upload(
  { output }: Context,
  { client, send }: ReturnType<typeof openServer>,
  files: readonly MigrationFile[],
): Promise<void> {
  const before = new Set((await send(() => client.migrations.get())).files.map(pathOf));
  const given = files.map(({ set, name, sql }) => ({ set, name, sql }));
  await send(() => client.migrations.store({ files: given }));
  const now = new Set(given.map(pathOf));
  const added = [...now].filter((path) => !before.has(path));
  const withdrawn = [...before].filter((path) => !now.has(path));
  output.note(added.length === 0 ? "No new files." : `New: ${added.join(", ")}`);
  if (withdrawn.length > 0)
    output.note(`Taken out, since no target has them: ${withdrawn.join(", ")}`);
}

/** Shows which files are stored, how they compare with the folder's, and where the targets stand. */
export async function migrationStatus(context: Context, options: MigrateOptions): Promise<void> {
  const { output } = context;
  const files = await readFolder(context, options);
  const { client, send } = openServer(context, options);
  const state = await send(() => client.migrations.get());
  if (options.json) return output.printJson(state);
  output.print(migrationText(state, compare(state, files), output, Date.now()));
}

const pathOf = ({ set, name }: { set: string; name: string }): string => `${set}/${name}`;

function compare(
  state: MigrationStateView,
  files: readonly MigrationFile[] | undefined,
): Map<string, FileState> {
  const states = new Map<string, FileState>(state.files.map((file) => [pathOf(file), "stored"]));
  if (files === undefined) return states;
  const here = new Map(files.map((file) => [pathOf(file), file.checksum]));
  for (const file of state.files) {
    const checksum = here.get(pathOf(file));
    if (checksum === undefined) states.set(pathOf(file), "missing here");
    else if (checksum !== file.checksum) states.set(pathOf(file), "changed here");
  }
  for (const path of here.keys()) if (!states.has(path)) states.set(path, "not stored");
  return states;
}

async function readFolder(
  { environment }: Context,
  { dir }: MigrateOptions,
): Promise<MigrationFile[] | undefined> {
  const folder = dir ?? environment.migrations;
  if (folder === undefined) return undefined;
  if (!["tenant", "shared"].some((set) => existsSync(join(folder, set))))
    refuseOption("--dir", `${folder} has neither a folder tenant/ nor a folder shared/.`);
  // Loaded here, because it brings the whole of the platform's store with it.
  const { readMigrations } = await import("@hestia/postgres/platform");
  return readMigrations(folder);
}
