// How the commands about the audit log are called.
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import * as audit from "./audit.ts";
import type { Context } from "./context.ts";

/** Adds them to `hestia audit`. */
export function addAuditCommands(noun: Command, context: Context): void {
  const command = noun
    .command("list")
    .summary("list what happened")
    .description("Lists who did what, when and why, the newest first: one page, or all of it.")
    .option("--tenant <tenant>", "of this tenant, by slug or id")
    .option("--type <list>", "of these types, such as tenant.suspended,tenant.resumed")
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((options: audit.ListOptions) => audit.listEvents(context, options));
  withExamples(withServerOptions(command), [
    "audit list --tenant acme",
    "audit list --type tenant.suspended,tenant.purged --all --json",
  ]);
}
