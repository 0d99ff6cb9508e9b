// How the commands about tenants are called.
import { isolationModels, tenantSorts, tenantStatuses } from "@hestia/core";
import { type Command, Option } from "commander";
import { addActivationCommands } from "./activation-commands.ts";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import { addEndCommands } from "./end-commands.ts";
import { showData } from "./tenant-data.ts";
import * as tenants from "./tenants.ts";

/** Adds them to `hestia tenants`. */
export function addTenantCommands(noun: Command, context: Context): void {
  addCreate(noun, context);
  addList(noun, context);
  addGet(noun, context);
  addUpdate(noun, context);
  addSuspend(noun, context);
  addMoves(noun, context);
  addData(noun, context);
  addDelete(noun, context);
  addActivationCommands(noun, context);
  addEndCommands(noun, context);
}

const settingsHelp = "the application's settings for it: JSON, or @file";

function addCreate(noun: Command, context: Context): void {
  const command = noun
    .command("create <slug>")
    .summary("create a tenant")
    .description("Creates a tenant and shows its provisioning until it is active.")
    .option("--name <name>", "what people call it (its slug)")
    .addOption(
      new Option("--isolation <model>", "where its rows live (shared)").choices(isolationModels),
    )
    .option("--plan <plan>", "its plan (standard)")
    .option("--domain <domain>", "a host name of its own; it counts once it is verified")
    .option("--settings <json>", settingsHelp)
    .option("--admin-email <address>", "whom to invite as its first administrator")
    .option("--no-wait", "return as soon as its provisioning has begun")
    .option("--idempotency-key <key>", "the same key again creates nothing twice (a random one)")
    .action((slug: string, options: tenants.CreateOptions) =>
      tenants.createTenant(context, slug, options),
    );
  withExamples(withServerOptions(command), [
    'tenants create acme --name "Acme Airways" --isolation schema',
    "tenants create acme --settings @acme.json --json",
  ]);
}

function addList(noun: Command, context: Context): void {
  const command = noun
    .command("list")
    .summary("list tenants")
    .description("Lists tenants, the newest first: one page, or all of them.")
    .option("--status <list>", `of these statuses: ${tenantStatuses.join(", ")}`)
    .option("--isolation <list>", `of these models: ${isolationModels.join(", ")}`)
    .option("--plan <list>", "of these plans")
    .option("--review-due", "whose suspension has to be reviewed")
    .option("--search <text>", "with this text in the name, slug or domain")
    .addOption(new Option("--sort <order>", "the order (-createdAt)").choices(tenantSorts))
    .option("--limit <number>", "how many at most on the page (50)")
    .option("--cursor <cursor>", "the page that a page before named")
    .option("--all", "all pages")
    .action((options: tenants.ListOptions) => tenants.listTenants(context, options));
  withExamples(withServerOptions(command), [
    "tenants list --status active,readonly --sort name",
    "tenants list --all --json | jq -r '.items[].slug'",
  ]);
}

function addGet(noun: Command, context: Context): void {
  const command = noun
    .command("get <tenant>")
    .summary("show a tenant")
    .description("Shows everything about a tenant, named by its slug or its id.")
    .action((tenant: string, options) => tenants.showTenant(context, tenant, options));
  withExamples(withServerOptions(command), ["tenants get acme"]);
}

function addUpdate(noun: Command, context: Context): void {
  const command = noun
    .command("update <tenant>")
    .summary("change a tenant")
    .description("Changes what is named and leaves the rest; fails when somebody else is quicker.")
    .option("--name <name>", "what people call it")
    .option("--plan <plan>", "its plan")
    .option("--domain <domain>", "a host name of its own")
    .option("--no-domain", "release its host name")
    .option("--settings <json>", "merged into its settings: JSON, or @file; null removes a member")
    .option("--retain-until <time>", "it is not purged before, whatever else is over")
    .option("--no-retain-until", "it need not be kept")
    .action((tenant: string, options: tenants.UpdateOptions) =>
      tenants.updateTenant(context, tenant, options),
    );
  withExamples(withServerOptions(command), [
    'tenants update acme --name "Acme Airlines" --plan business',
    'tenants update acme --settings \'{"locale":"de","theme":null}\'',
  ]);
}

function addSuspend(noun: Command, context: Context): void {
  const command = noun
    .command("suspend <tenant>")
    .summary("stop serving a tenant")
    .description("Stops serving a tenant, in the database, from its next statement on.")
    .requiredOption("--reason <reason>", "why; it is shown and kept in the audit log")
    .option("--readonly", "let it read, and only stop it from writing")
    .option("--review-at <time>", "when somebody has to look whether it is still right")
    .action((tenant: string, options) => tenants.suspendTenant(context, tenant, options));
  withExamples(withServerOptions(command), [
    'tenants suspend acme --reason "Invoice 1042 is unpaid." --review-at 2026-12-01',
  ]);
}

function addMoves(noun: Command, context: Context): void {
  const resume = noun
    .command("resume <tenant>")
    .summary("serve a suspended tenant again")
    .description("Serves a suspended or read-only tenant again.")
    .option("--reason <reason>", "why; it is kept in the audit log")
    .action((tenant: string, options) => tenants.resumeTenant(context, tenant, options));
  withExamples(withServerOptions(resume), ["tenants resume acme"]);
  const restore = noun
    .command("restore <tenant>")
    .summary("bring a deleted tenant back")
    .description("Brings a deleted tenant back to what it was, an archived one from its archive.")
    .option("--reason <reason>", "why; it is kept in the audit log")
    .option("--no-wait", "return as soon as it has begun")
    .action((tenant: string, options: tenants.RestoreOptions) =>
      tenants.restoreTenant(context, tenant, options),
    );
  withExamples(withServerOptions(restore), ["tenants restore acme"]);
}

function addDelete(noun: Command, context: Context): void {
  const command = noun
    .command("delete <tenant>")
    .summary("delete a tenant")
    .description("Deletes a tenant: it is not served any more, and can be restored for a while.")
    .option("--yes", "do not ask; needed where nobody can be asked")
    .option("--reason <reason>", "why; it is kept in the audit log")
    .option("--no-wait", "return as soon as it has begun")
    .action((tenant: string, options: tenants.DeleteOptions) =>
      tenants.deleteTenant(context, tenant, options),
    );
  withExamples(withServerOptions(command), ["tenants delete acme --yes --json"]);
}

function addData(noun: Command, context: Context): void {
  const command = noun
    .command("data <tenant>")
    .summary("see what a tenant has in its data database")
    .description("Shows a tenant's tables with rows and bytes, and its migrations.")
    .action((tenant: string, options) => showData(context, tenant, options));
  withExamples(withServerOptions(command), ["tenants data acme"]);
}
