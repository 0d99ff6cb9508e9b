// How the commands about tenants' ends are called.
import type { Command } from "commander";
import { withExamples, withServerOptions } from "./arguments.ts";
import type { Context } from "./context.ts";
import * as ends from "./ends.ts";

/** Adds them to `hestia tenants`. */
export function addEndCommands(noun: Command, context: Context): void {
  const checks = noun
    .command("checks <tenant>")
    .summary("see what keeps a tenant from being deleted")
    .description("Shows everything at once that keeps a tenant from being deleted or purged.")
    .action((tenant: string, options) => ends.showChecks(context, tenant, options));
  withExamples(withServerOptions(checks), ["tenants checks acme"]);
  const purge = noun
    .command("purge <tenant>")
    .summary("take everything of a deleted tenant away")
    .description(
      "Takes away everything of a deleted or archived tenant, for ever, and proves that nothing is left.",
    )
    .requiredOption("--reason <reason>", "why; it is kept in the audit log and on the certificate")
    .option("--yes", "do not ask; needed where nobody can be asked")
    .option("--no-wait", "return as soon as it has begun")
    .action((tenant: string, options: ends.PurgeOptions) =>
      ends.purgeTenant(context, tenant, options),
    );
  withExamples(withServerOptions(purge), ['tenants purge acme --reason "Erasure request 7"']);
  const certificate = noun
    .command("certificate <tenant>")
    .summary("show a purged tenant's erasure certificate")
    .description("Shows the erasure certificate of a purged tenant, named by its id.")
    .option("--html <file>", "write it as a page to print, too")
    .action((tenant: string, options: ends.CertificateOptions) =>
      ends.showCertificate(context, tenant, options),
    );
  withExamples(withServerOptions(certificate), [
    "tenants certificate 0199c0de-0000-7000-8000-000000000001 --html acme.html",
  ]);
}

/** Adds them to `hestia holds`. */
export function addHoldCommands(noun: Command, context: Context): void {
  const list = noun
    .command("list <tenant>")
    .summary("list a tenant's legal holds")
    .description("Lists a tenant's legal holds, also those that were lifted, the newest first.")
    .action((tenant: string, options) => ends.listHolds(context, tenant, options));
  withExamples(withServerOptions(list), ["holds list acme"]);
  const place = noun
    .command("place <tenant>")
    .summary("keep a tenant from being deleted")
    .description("Places a legal hold: while it is in force the tenant is kept.")
    .requiredOption("--reason <reason>", "why; it is kept in the audit log")
    .action((tenant: string, options) => ends.placeHold(context, tenant, options));
  withExamples(withServerOptions(place), ['holds place acme --reason "Case 12"']);
  const lift = noun
    .command("lift <tenant> <hold>")
    .summary("lift a legal hold")
    .description("Lifts a legal hold that is in force.")
    .option("--reason <reason>", "why; it is kept in the audit log")
    .action((tenant: string, hold: string, options) =>
      ends.liftHold(context, tenant, hold, options),
    );
  withExamples(withServerOptions(lift), ["holds lift acme 0199c0de-0000-7000-8000-000000000002"]);
}
