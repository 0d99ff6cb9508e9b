// How the commands about operations are called.
import { operationStatuses } from "@hestia/core";
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import * as operations from "./operations.ts";

/** Adds them to `hestia operations`. */
export function addOperationCommands(noun: Command, context: Context): void {
  addList(noun, context);
  addOne(noun, {
    call: "get <operation>",
    summary: "show an operation",
    description: "Shows an operation and its steps.",
    action: (id, options) => operations.showOperation(context, id, options),
  });
  addOne(noun, {
    call: "watch <operation>",
    summary: "follow an operation to its end",
    description: "Follows an operation to its end; Ctrl-C ends the watching alone.",
    action: (id, options) => operations.watchOperation(context, id, options),
  });
  addOne(noun, {
    call: "cancel <operation>",
    summary: "stop an operation",
    description: "Stops an operation: at once while it is queued, else after its present step.",
    action: (id, options) => operations.cancelOperation(context, id, options),
  });
  addOne(noun, {
    call: "retry <operation>",
    summary: "try a failed operation again",
    description: "Goes on with the step that failed and follows it; what is done is not repeated.",
    action: (id, options) => operations.retryOperation(context, id, options),
  }).option("--no-wait", "return as soon as it is queued");
}

function addList(noun: Command, context: Context): void {
  const command = noun
    .command("list")
    .summary("list operations")
    .description("Lists operations, the newest first: one page, or all of them.")
    .option("--tenant <tenant>", "of this tenant, by slug or id")
    .option("--status <list>", `of these statuses: ${operationStatuses.join(", ")}`)
    .option("--kind <kind>", "of this kind, such as tenant.provision")
    .option("--stuck", "those that come no further by themselves")
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((options: operations.ListOptions) => operations.listOperations(context, options));
  withExamples(withServerOptions(command), [
    "operations list --status queued,running",
    "operations list --tenant acme --json",
  ]);
}

type One = {
  readonly call: string;
  readonly summary: string;
  readonly description: string;
  readonly action: (id: string, options: operations.RetryOptions) => Promise<void>;
};

function addOne(noun: Command, { call, summary, description, action }: One): Command {
  const command = noun.command(call).summary(summary).description(description).action(action);
  const example = `operations ${call.replace("<operation>", "01900000-0000-7000-8000-000000000001")}`;
  return withExamples(withServerOptions(command), [example]);
}
