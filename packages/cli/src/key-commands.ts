// How the commands about operator keys are called.
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import * as keys from "./keys.ts";

/** Adds them to `hestia keys`. */
export function addKeyCommands(noun: Command, context: Context): void {
  const list = noun
    .command("list")
    .summary("list operator keys")
    .description("Lists operator keys, the newest first: one page, or all of them.")
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((options: keys.ListOptions) => keys.listKeys(context, options));
  withExamples(withServerOptions(list), ["keys list"]);
  const create = noun
    .command("create <name>")
    .summary("make a key, shown once")
    .description("Makes an operator key and prints it, once. The name says whose it is.")
    .action((name: string, options) => keys.createKey(context, name, options));
  withExamples(withServerOptions(create), ['keys create "Ada\'s laptop"']);
  const revoke = noun
    .command("revoke <key>")
    .summary("let a key in no more")
    .description(
      "Revokes a key by its id, and ends its sessions; refused for the last one. One's own needs --yes.",
    )
    .option("--reason <reason>", "why; it is kept in the audit log")
    .option("--yes", "also where it is the key that this command uses")
    .action((id: string, options: keys.RevokeOptions) => keys.revokeKey(context, id, options));
  withExamples(withServerOptions(revoke), [
    'keys revoke 0199c0de-0000-7000-8000-000000000001 --reason "The laptop is lost."',
  ]);
}
