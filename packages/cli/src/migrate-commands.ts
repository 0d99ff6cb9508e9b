// How the commands about migrations are called.
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import { type MigrateOptions, migrateUp, migrationStatus } from "./migrate.ts";

const dirHelp = "the folder with tenant/ and shared/ (HESTIA_MIGRATIONS)";

/** Adds them to `hestia migrate`. */
export function addMigrateCommands(noun: Command, context: Context): void {
  const up = noun
    .command("up")
    .summary("bring every tenant up to the folder's migrations")
    .description("Stores the folder's files and applies them to every target.")
    .option("--dir <folder>", dirHelp)
    .option("--no-wait", "return as soon as it has begun")
    .action((options: MigrateOptions) => migrateUp(context, options));
  withExamples(withServerOptions(up), ["migrate up --dir migrations"]);
  const status = noun
    .command("status")
    .summary("show which files are stored and where the targets stand")
    .description(
      "Shows which files are stored, how the folder compares, and where the targets stand.",
    )
    .option("--dir <folder>", dirHelp)
    .action((options: MigrateOptions) => migrationStatus(context, options));
  withExamples(withServerOptions(status), ["migrate status --dir migrations"]);
}
