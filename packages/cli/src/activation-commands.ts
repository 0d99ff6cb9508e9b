// How the commands about a tenant's activation, its trial and the review of its suspension are called.
import { type Requirement, requirements } from "@hestia/core";
import { Argument, type Command } from "commander";
import * as activations from "./activations.ts";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";

/** Adds them to `hestia tenants`. */
export function addActivationCommands(noun: Command, context: Context): void {
  const list = noun
    .command("verifications <tenant>")
    .summary("see what a tenant's activation waits for")
    .description("Shows what must be verified, what is met, when and by whom, and what to do.")
    .action((tenant: string, options) => activations.showVerifications(context, tenant, options));
  withExamples(withServerOptions(list), ["tenants verifications acme"]);
  addVerify(noun, context);
  const activate = noun
    .command("activate <tenant>")
    .summary("activate a pending tenant")
    .description("Activates a pending tenant; with --override also without what is not verified.")
    .requiredOption("--reason <reason>", "why; it is kept in the audit log")
    .option("--override", "do without what is not verified")
    .action((tenant: string, options: activations.ActivateOptions) =>
      activations.activateTenant(context, tenant, options),
    );
  withExamples(withServerOptions(activate), [
    'tenants activate acme --override --reason "They called."',
  ]);
  addTimes(noun, context);
}

function addVerify(noun: Command, context: Context): void {
  const command = noun
    .command("verify <tenant>")
    .summary("take a tenant's verification a step on")
    .description(
      "Issues a token for the administrator's e-mail, looks for the domain's record, records the first sign-on, or approves.",
    )
    .addArgument(new Argument("<requirement>", "what to verify").choices(requirements))
    .option("--reason <reason>", "why; needed to approve")
    .option("--email <address>", "another address of the administrator")
    .option("--reveal", "print the e-mail's token, instead of sending it with an event")
    .action((tenant: string, requirement: Requirement, options: activations.VerifyOptions) =>
      activations.verifyTenant(context, tenant, requirement, options),
    );
  withExamples(withServerOptions(command), [
    "tenants verify acme domain",
    'tenants verify acme approval --reason "A customer of ours."',
  ]);
}

function addTimes(noun: Command, context: Context): void {
  const trial = noun
    .command("trial <tenant>")
    .summary("say when a tenant's trial ends")
    .description("Extends or ends a tenant's trial, or has it go on without one.")
    .option("--at <time>", "it ends then")
    .option("--days <number>", "it ends so many days from now")
    .option("--now", "it ends")
    .option("--none", "it is no trial any more")
    .action((tenant: string, options: activations.TimeOptions) =>
      activations.setTime(context, "trialEndsAt", tenant, options),
    );
  withExamples(withServerOptions(trial), ["tenants trial acme --days 14"]);
  const review = noun
    .command("review <tenant>")
    .summary("say when a suspension is reviewed")
    .description("Sets another day for the review of a tenant's suspension, or none.")
    .option("--at <time>", "then")
    .option("--days <number>", "so many days from now")
    .option("--none", "not at all")
    .action((tenant: string, options: activations.TimeOptions) =>
      activations.setTime(context, "reviewAt", tenant, options),
    );
  withExamples(withServerOptions(review), ["tenants review acme --at 2026-12-01"]);
}
