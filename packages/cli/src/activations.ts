// The commands about a tenant's activation and what time brings after it: what it waits for, taking that a step on, doing
// without it, its trial and the review of its suspension.
import { randomUUID } from "node:crypto";
import { etagOf } from "@hestia/api";
import type { Requirement } from "@hestia/core";
import { verificationsText } from "./activation-text.ts";
import { parseInteger, parseTime, refuseOption } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import { getTenant } from "./find-tenant.ts";
import { openServer } from "./server.ts";
import { tenantText } from "./tenant-text.ts";

/** Shows what a tenant's activation waits for. */
export async function showVerifications(context: Context, name: string, options: ServerOptions) {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const view = await send(() => client.verifications.list({ tenantId }));
  if (options.json) output.printJson(view);
  else output.print(verificationsText(view, output, Date.now()));
}

/** The options of `tenants verify`. */
export type VerifyOptions = ServerOptions & {
  readonly reason?: string;
  readonly email?: string;
  readonly reveal?: boolean;
};

/** Takes one requirement a step on: asks for a token, checks the record, records, approves. */
export async function verifyTenant(
  context: Context,
  name: string,
  requirement: Requirement,
  { reason, email, reveal, ...options }: VerifyOptions,
): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const input = { tenantId, requirement, reason, email, reveal };
  const view = await send(() => client.verifications.verify(input));
  if (options.json) return output.printJson(view);
  output.print(verificationsText(view, output, Date.now()));
  if (view.token === undefined) return;
  output.print(view.token);
  output.note("This is the token; it is shown this once, and ends the one before.");
}

/** The options of `tenants activate`. */
export type ActivateOptions = ServerOptions & {
  readonly reason: string;
  readonly override?: boolean;
};

/** Activates a pending tenant. */
export async function activateTenant(context: Context, name: string, options: ActivateOptions) {
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const input = { tenantId, reason: options.reason, override: options.override };
  const idempotencyKey = randomUUID();
  const tenant = await send(() => client.tenants.activate(input, { idempotencyKey }));
  if (options.json) context.output.printJson(tenant);
  else context.output.print(tenantText(tenant, context.output, Date.now()));
}

/** The options of the commands that set a time: one of them has to be there. */
export type TimeOptions = ServerOptions & {
  readonly at?: string;
  readonly days?: string;
  readonly now?: boolean;
  readonly none?: boolean;
};

/** Sets when a tenant's trial ends, or when its suspension is reviewed. */
export async function setTime(
  context: Context,
  member: "trialEndsAt" | "reviewAt",
  name: string,
  options: TimeOptions,
): Promise<void> {
  const time = timeOf(options, new Date());
  const { client, send } = openServer(context, options);
  const found = await send(() => getTenant(client, name));
  const guards = { ifMatch: etagOf(found), idempotencyKey: randomUUID() };
  const input = { tenantId: found.id, [member]: time };
  const tenant = await send(() => client.tenants.update(input, guards));
  if (options.json) context.output.printJson(tenant);
  else context.output.print(tenantText(tenant, context.output, Date.now()));
}

function timeOf({ at, days, now, none }: TimeOptions, today: Date): Date | null {
  if ([at, days, now, none].filter((each) => each !== undefined).length !== 1)
    return refuseOption("--at", "Say one of --at, --days, --none and, for a trial, --now.");
  if (none) return null;
  if (now) return today;
  if (at !== undefined) return parseTime("--at", at);
  const count = parseInteger("--days", days) ?? 0;
  return new Date(today.getTime() + count * 86_400_000);
}
