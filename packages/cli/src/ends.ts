// The commands about tenants' ends: what keeps them, taking everything away, and the proof.
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { HoldId } from "@hestia/core";
import { confirmEnd } from "./confirm.ts";
import type { Context, ServerOptions } from "./context.ts";
import { certificateText, checksText, holdTable } from "./end-text.ts";
import { getTenant } from "./find-tenant.ts";
import { openServer } from "./server.ts";
import { watchToSuccess } from "./watch.ts";

/** The options of `tenants purge`. */
export type PurgeOptions = ServerOptions & {
  readonly reason: string;
  readonly yes?: boolean;
  readonly wait?: boolean;
};

/** Takes everything of a deleted tenant away, once a person has said so. */
export async function purgeTenant(context: Context, name: string, options: PurgeOptions) {
  const { output } = context;
  const server = openServer(context, options);
  const { client, send } = server;
  const { id: tenantId, slug } = await send(() => getTenant(client, name));
  if (!options.yes) await confirmEnd("purge", slug, output);
  const idempotencyKey = randomUUID();
  const { reason } = options;
  const asked = await send(() => client.tenants.purge({ tenantId, reason }, { idempotencyKey }));
  const isOver = options.wait === false || asked.finishedAt !== undefined;
  const operation = isOver ? asked : await watchToSuccess(context, server, asked.id);
  if (options.json) return output.printJson(operation);
  if (operation.status !== "succeeded")
    return output.note(`To follow it: hestia operations watch ${asked.id}`);
  output.print(`${output.colours.bold(slug)} is purged: nothing of it is left.`);
  output.note(`The proof: hestia tenants certificate ${tenantId}`);
}

/** Shows what keeps a tenant from being deleted or purged. */
export async function showChecks(context: Context, name: string, options: ServerOptions) {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const checks = await send(() => client.erasure.checks({ tenantId }));
  if (options.json) output.printJson(checks);
  else output.print(checksText(checks, output));
}

/** The options of `tenants certificate`. */
export type CertificateOptions = ServerOptions & { readonly html?: string };

/** Shows a purged tenant's erasure certificate, or writes it as a page. */
export async function showCertificate(
  context: Context,
  name: string,
  options: CertificateOptions,
): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const certificate = await send(() => client.erasure.certificate({ tenantId }));
  const { html } = options;
  if (html !== undefined) {
    const page = await send(() => client.erasure.certificatePage({ tenantId }));
    await writeFile(html, page);
    output.note(`Written to ${html}`);
  }
  if (options.json) output.printJson(certificate);
  else output.print(certificateText(certificate, output, Date.now()));
}

/** The options of the commands about holds. */
export type HoldOptions = ServerOptions & { readonly reason?: string };

/** Lists a tenant's legal holds. */
export async function listHolds(context: Context, name: string, options: ServerOptions) {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const holds = await send(() => client.holds.list({ tenantId }));
  if (options.json) return output.printJson(holds);
  if (holds.items.length === 0) return output.note("No legal holds.");
  output.print(holdTable(holds.items, output, Date.now()));
}

/** Places a legal hold. */
export async function placeHold(
  context: Context,
  name: string,
  options: HoldOptions & { readonly reason: string },
): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const { reason } = options;
  const idempotencyKey = randomUUID();
  const hold = await send(() => client.holds.place({ tenantId, reason }, { idempotencyKey }));
  if (options.json) return output.printJson(hold);
  output.print(`${hold.id} is in force.`);
}

/** Lifts a legal hold. */
export async function liftHold(
  context: Context,
  name: string,
  id: string,
  options: HoldOptions,
): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const input = { tenantId, holdId: id as HoldId, reason: options.reason };
  const idempotencyKey = randomUUID();
  const hold = await send(() => client.holds.lift(input, { idempotencyKey }));
  if (options.json) return output.printJson(hold);
  output.print(`${hold.id} is lifted.`);
}
