// How the commands about plans are called.
import { isolationModels, requirements } from "@hestia/core";
import { type Command, Option } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import * as plans from "./plans.ts";

/** Adds them to `hestia plans`. */
export function addPlanCommands(noun: Command, context: Context): void {
  const list = noun
    .command("list")
    .summary("list plans")
    .description("Lists plans in the order of their names: one page, or all of them.")
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((options: plans.ListOptions) => plans.listPlans(context, options));
  withExamples(withServerOptions(list), ["plans list"]);
  const show = noun
    .command("show <plan>")
    .summary("show a plan")
    .description("Shows everything about a plan.")
    .action((plan: string, options) => plans.showPlan(context, plan, options));
  withExamples(withServerOptions(show), ["plans show standard"]);
  addCreate(noun, context);
  addUpdate(noun, context);
  const remove = noun
    .command("delete <plan>")
    .summary("delete a plan that no tenant has")
    .description("Deletes a plan; refused while tenants have it.")
    .option("--reason <reason>", "why; it is kept in the audit log")
    .action((plan: string, options) => plans.deletePlan(context, plan, options));
  withExamples(withServerOptions(remove), ["plans delete business"]);
}

function addCreate(noun: Command, context: Context): void {
  const command = withSaid(
    noun
      .command("create <plan>")
      .summary("create a plan")
      .description("Creates a plan, named by lower-case letters, digits, hyphens and underscores."),
  ).action((plan: string, options: plans.SaidOptions) => plans.createPlan(context, plan, options));
  withExamples(withServerOptions(command), [
    'plans create business --name "Business" --requires email,approval --trial-days 14',
  ]);
}

function addUpdate(noun: Command, context: Context): void {
  const command = withSaid(
    noun
      .command("update <plan>")
      .summary("change a plan")
      .description(
        "Changes what is named and leaves the rest, for what comes after; fails when somebody else is quicker.",
      ),
  )
    .option("--no-description", "without a description")
    .option("--no-requires", "nothing must be verified")
    .option("--no-trial", "without a trial")
    .action((plan: string, options: plans.SaidOptions) => plans.updatePlan(context, plan, options));
  withExamples(withServerOptions(command), [
    "plans update business --trial-days 30",
    "plans update business --no-requires --warm 3",
  ]);
}

function withSaid(command: Command): Command {
  return command
    .option("--name <name>", "what people call it")
    .option("--description <text>", "what it is for")
    .option("--requires <list>", `what must be verified: ${requirements.join(", ")}`)
    .option("--trial-days <days>", "how long after activation a tenant may try it")
    .option("--grace-days <days>", "how long a deleted tenant stays as it was (30)")
    .option("--archive-days <days>", "how long its archive is kept (90)")
    .option("--defaults <json>", "the configuration of new tenants: JSON, or @file")
    .addOption(
      new Option("--isolation <model>", "the model of the partitions kept ready (shared)").choices(
        isolationModels,
      ),
    )
    .option("--warm <number>", "how many partitions are kept ready (0)");
}
