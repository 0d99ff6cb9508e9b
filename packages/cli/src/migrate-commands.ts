// How the commands about migrations are called.
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import {
  type MigrateOptions,
  migrateContinue,
  migrateDrift,
  migrateRetry,
  migrateUp,
  migrationStatus,
  type UpOptions,
} from "./migrate.ts";
import { type NewOptions, newMigration } from "./new-migration.ts";

const dirHelp = "the folder with tenant/ and shared/ (HESTIA_MIGRATIONS)";

/** Adds them to `hestia migrate`. */
export function addMigrateCommands(noun: Command, context: Context): void {
  const up = noun
    .command("up")
    .summary("bring every tenant up to the folder's migrations")
    .description("Stores the folder's files and applies them to every target, in waves.")
    .option("--dir <folder>", dirHelp)
    .option(
      "--dry-run",
      "change nothing: say who would get what, and try each file in a scratch schema",
    )
    .option("--canary <tenants>", "tenants that go first, by slug or id")
    .option("--waves <percents>", 'shares that are done after each wave (1,10); "" for one wave')
    .option("--pause <seconds>", "wait so long between two waves")
    .option("--hold", "end after each wave; `migrate continue` goes on")
    .option("--stop-on-error", "stop at the first target that fails")
    .option("--error-rate <share>", "stop when more of a wave fails (0.1)")
    .option("--no-wait", "return as soon as it has begun")
    .action((options: UpOptions) => migrateUp(context, options));
  withExamples(withServerOptions(up), [
    "migrate up --dir migrations",
    "migrate up --dir migrations --dry-run",
    "migrate up --canary acme,globex --waves 1,10,50 --pause 60",
  ]);
  const status = noun
    .command("status")
    .summary("show which files are stored and how far the targets are")
    .description(
      "Shows which files are stored, how the folder compares, and where the targets stand.",
    )
    .option("--dir <folder>", dirHelp)
    .action((options: MigrateOptions) => migrationStatus(context, options));
  withExamples(withServerOptions(status), ["migrate status --dir migrations"]);
  addFollowing(noun, context);
  addDrift(noun, context);
  addNew(noun, context);
}

function addFollowing(noun: Command, context: Context): void {
  const next = noun
    .command("continue")
    .summary("go on with the next wave of a run that holds")
    .description("Goes on with the next wave of a run that was begun with --hold.")
    .option("--no-wait", "return as soon as it has begun")
    .action((options: MigrateOptions) => migrateContinue(context, options));
  withExamples(withServerOptions(next), ["migrate continue"]);
  const retry = noun
    .command("retry [tenants...]")
    .summary("try targets that failed again")
    .description("Tries targets that failed again: those named by slug or id, or all.")
    .option("--no-wait", "return as soon as it has begun")
    .action((tenants: string[], options: MigrateOptions) =>
      migrateRetry(context, tenants, options),
    );
  withExamples(withServerOptions(retry), ["migrate retry", "migrate retry acme"]);
}

function addDrift(noun: Command, context: Context): void {
  const drift = noun
    .command("drift [tenants...]")
    .summary("compare partitions with what their migrations make")
    .description(
      "Compares every partition, or those named, with what its own migrations make; ends with 1 where one differs.",
    )
    .option("--full", "compare every definition, also defaults, conditions and texts of views")
    .action((tenants: string[], options: MigrateOptions & { full?: boolean }) =>
      migrateDrift(context, tenants, options),
    );
  withExamples(withServerOptions(drift), ["migrate drift", "migrate drift acme --full --json"]);
}

function addNew(noun: Command, context: Context): void {
  const make = noun
    .command("new <name>")
    .summary("make a numbered file for a migration")
    .description("Makes an empty migration file whose name sorts behind all others.")
    .option("--dir <folder>", dirHelp)
    .option("--shared", "for reference tables that every tenant reads")
    .option("--no-transaction", "for one statement that no transaction can hold")
    .option("--json", "print JSON, for programs")
    .action((name: string, options: NewOptions) => newMigration(context, name, options));
  withExamples(make, ["migrate new totals --dir migrations"]);
}
