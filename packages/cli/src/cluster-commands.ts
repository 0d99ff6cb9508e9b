// How the commands about clusters are called.
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import { listClusters } from "./clusters.ts";
import type { Context } from "./context.ts";

/** Adds them to `hestia clusters`. */
export function addClusterCommands(noun: Command, context: Context): void {
  const list = noun
    .command("list")
    .summary("show the PostgreSQL servers, how well each isolates, and what is made ahead there")
    .description(
      "Shows the PostgreSQL servers that hold tenants, and the partitions made ahead there.",
    )
    .action((options) => listClusters(context, options));
  withExamples(withServerOptions(list), ["clusters list"]);
}
