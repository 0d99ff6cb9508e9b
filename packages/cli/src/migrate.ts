// The commands about the application's migrations: the folder is sent whole and stored by checksum, and every target is
// brought up to what is stored. What is stored decides; the folder is compared with it and never applied by itself.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MigrationStateView } from "@hestia/api";
import type { MigrationFile } from "@hestia/postgres/platform";
import { refuseOption } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import { type FileState, migrationText } from "./migration-text.ts";
import { openServer } from "./server.ts";
import { watchToSuccess } from "./watch.ts";

/** The options of both commands. */
export type MigrateOptions = ServerOptions & { readonly dir?: string; readonly wait?: boolean };

/** Stores the folder's files and brings every target up to what is stored. */
export async function migrateUp(context: Context, options: MigrateOptions): Promise<void> {
  const { output } = context;
  const files = await readFolder(context, options);
  const server = openServer(context, options);
  const { client, send } = server;
  if (files === undefined) output.note("No folder is named: what is stored is applied.");
  else await upload(context, server, files);
  const idempotencyKey = randomUUID();
  const asked = await send(() => client.migrations.up({}, { idempotencyKey }));
  if (options.wait === false) {
    if (options.json) return output.printJson(asked);
    return output.note(`To follow it: hestia operations watch ${asked.id}`);
  }
  const operation = await watchToSuccess(context, server, asked.id);
  if (options.json) return output.printJson(operation);
  const { targets } = await send(() => client.migrations.get());
  output.print(`${targets.current} target${targets.current === 1 ? " is" : "s are"} current.`);
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
