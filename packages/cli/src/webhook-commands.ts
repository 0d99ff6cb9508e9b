// How the commands about webhooks are called.
import { deliveryStatuses, webhookStatuses } from "@hestia/core";
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import * as webhooks from "./webhooks.ts";

/** Adds them to `hestia webhooks`. */
export function addWebhookCommands(noun: Command, context: Context): void {
  addCreate(noun, context);
  addList(noun, context);
  addGet(noun, context);
  addUpdate(noun, context);
  addDelete(noun, context);
  addRotate(noun, context);
  addTest(noun, context);
  addDeliveries(noun, context);
  addReplay(noun, context);
}

const typesHelp = "only these types of events, with commas (all)";
const tenantsHelp = "only events of these tenants, by slug or id, with commas (all)";

function addCreate(noun: Command, context: Context): void {
  const command = noun
    .command("create <name> <url>")
    .summary("send events to an address")
    .description("Sends events to an address from now on, and prints the secret that signs them.")
    .option("--types <list>", typesHelp)
    .option("--tenants <list>", tenantsHelp)
    .action((name: string, url: string, options) =>
      webhooks.createWebhook(context, name, url, options),
    );
  withExamples(withServerOptions(command), [
    "webhooks create crm https://crm.example.com/hooks --types tenant.created,tenant.deleted",
  ]);
}

function addList(noun: Command, context: Context): void {
  const command = noun
    .command("list")
    .summary("list webhooks")
    .description("Lists webhooks, the newest first: one page, or all of them.")
    .option("--status <list>", `of these statuses: ${webhookStatuses.join(", ")}`)
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((options: webhooks.ListOptions) => webhooks.listWebhooks(context, options));
  withExamples(withServerOptions(command), ["webhooks list --status disabled"]);
}

function addGet(noun: Command, context: Context): void {
  const command = noun
    .command("get <webhook>")
    .summary("show a webhook")
    .description("Shows everything about a webhook, named by its name or its id.")
    .action((name: string, options) => webhooks.showWebhook(context, name, options));
  withExamples(withServerOptions(command), ["webhooks get crm"]);
}

function addUpdate(noun: Command, context: Context): void {
  const command = noun
    .command("update <webhook>")
    .summary("change a webhook")
    .description("Changes what is named and leaves the rest; fails when somebody else is quicker.")
    .option("--name <name>", "what people call it")
    .option("--to <url>", "another address")
    .option("--types <list>", typesHelp)
    .option("--no-types", "all types of events")
    .option("--tenants <list>", tenantsHelp)
    .option("--no-tenants", "events of all tenants")
    .option("--enable", "send to it again, beginning with what waits")
    .option("--disable", "send it nothing more")
    .action((name: string, options: webhooks.UpdateOptions) =>
      webhooks.updateWebhook(context, name, options),
    );
  withExamples(withServerOptions(command), [
    "webhooks update crm --enable",
    "webhooks update crm --to https://crm.example.com/v2/hooks --no-types",
  ]);
}

function addDelete(noun: Command, context: Context): void {
  const command = noun
    .command("delete <webhook>")
    .summary("delete a webhook")
    .description("Deletes a webhook with what waits for it and its log.")
    .action((name: string, options) => webhooks.deleteWebhook(context, name, options));
  withExamples(withServerOptions(command), ["webhooks delete crm"]);
}

function addRotate(noun: Command, context: Context): void {
  const command = noun
    .command("rotate-secret <webhook>")
    .summary("give a webhook a new secret")
    .description("Makes a new secret and prints it; the former one signs too, for a while.")
    .option("--overlap <hours>", "for how long; 0 ends it at once (24)")
    .action((name: string, options) => webhooks.rotateSecret(context, name, options));
  withExamples(withServerOptions(command), ["webhooks rotate-secret crm --overlap 48"]);
}

function addTest(noun: Command, context: Context): void {
  const command = noun
    .command("test <webhook>")
    .summary("send a test event")
    .description("Sends a test event now and shows what came of it; fails unless it was taken.")
    .action((name: string, options) => webhooks.testWebhook(context, name, options));
  withExamples(withServerOptions(command), ["webhooks test crm"]);
}

function addDeliveries(noun: Command, context: Context): void {
  const command = noun
    .command("deliveries <webhook> [delivery]")
    .summary("show what became of its events")
    .description("Lists a webhook's deliveries, the newest first, or shows one with its attempts.")
    .option("--status <list>", `of these statuses: ${deliveryStatuses.join(", ")}`)
    .option("--type <list>", "of these types of events")
    .option("--tenant <tenant>", "of this tenant, by slug or id")
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((name: string, id: string | undefined, options: webhooks.DeliveriesOptions) =>
      webhooks.listDeliveries(context, name, id, options),
    );
  withExamples(withServerOptions(command), [
    "webhooks deliveries crm --status failed,abandoned",
    "webhooks deliveries crm 01900000-0000-7000-8000-000000000001",
  ]);
}

function addReplay(noun: Command, context: Context): void {
  const command = noun
    .command("replay <webhook> [delivery]")
    .summary("send events again")
    .description("Sends one event again, or those of a time, as if they had never been tried.")
    .option("--from <time>", "the time of the first event")
    .option("--to <time>", "the time before which the last one was (now)")
    .option("--status <list>", `of these statuses: ${deliveryStatuses.join(", ")} (abandoned)`)
    .action((name: string, id: string | undefined, options: webhooks.ReplayOptions) =>
      webhooks.replay(context, name, id, options),
    );
  withExamples(withServerOptions(command), [
    "webhooks replay crm --from 2026-11-20 --status abandoned,delivered",
  ]);
}
