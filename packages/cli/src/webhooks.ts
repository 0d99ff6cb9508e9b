// The commands about webhooks. A webhook is named by its name or its id. A secret is printed once, when it is made, and
// calls that make one are not repeated by themselves: a second one would end the first.
import { randomUUID } from "node:crypto";
import type { Client, DeliveryDetailView, WebhookView, WebhookWithSecretView } from "@hestia/api";
import {
  type DeliveryId,
  type DeliveryStatus,
  type EventType,
  HestiaError,
  parseDeliveryId,
  parseWebhookId,
  type TenantId,
  type WebhookStatus,
} from "@hestia/core";
import { parseInteger, parseList, refuseOption } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import { Exit, exitCodes } from "./exit-codes.ts";
import { getTenant } from "./find-tenant.ts";
import { printPage, readPage } from "./paging.ts";
import { openServer, type Server } from "./server.ts";
import { deliveryTable, deliveryText, webhookTable, webhookText } from "./webhook-text.ts";

/** What may be said of a webhook when it is created or changed. */
type Said = {
  /** False where all are wanted again. */
  readonly types?: string | false;
  readonly tenants?: string | false;
};

/** Creates a webhook and prints its secret, once. */
export async function createWebhook(
  context: Context,
  name: string,
  url: string,
  options: ServerOptions & Said,
): Promise<void> {
  const server = openServer(context, options);
  const eventTypes = parseList<EventType>(options.types || undefined);
  const tenantIds = await tenantIdsOf(server, options.tenants || undefined);
  // Repeated, it finds the name taken instead of making a second one.
  const created = await server.send(() =>
    server.client.webhooks.create({ name, url, eventTypes, tenantIds }),
  );
  showSecret(context, options, created);
}

/** The options of `webhooks list`. */
export type ListOptions = ServerOptions & {
  readonly status?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
};

/** Lists webhooks: one page, or all of them. */
export async function listWebhooks(context: Context, options: ListOptions): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const input = {
    status: parseList<WebhookStatus>(options.status),
    limit: parseInteger("--limit", options.limit),
    cursor: options.cursor,
  };
  const list = (asked?: typeof input) => send(() => client.webhooks.list(asked));
  const page = await readPage(list, input, options.all);
  const table = () => webhookTable(page.items, output, Date.now());
  printPage(output, page, { json: options.json, table, none: "No webhooks." });
}

/** Shows one webhook. */
export async function showWebhook(context: Context, name: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  show(context, options, await send(() => getWebhook(client, name)));
}

/** The options of `webhooks update`. */
export type UpdateOptions = ServerOptions &
  Said & {
    readonly name?: string;
    readonly to?: string;
    readonly enable?: boolean;
    readonly disable?: boolean;
  };

/** Changes a webhook as it was just read, so that nobody's change is lost. */
export async function updateWebhook(context: Context, name: string, options: UpdateOptions) {
  const server = openServer(context, options);
  const { client, send } = server;
  const status = options.enable ? "active" : options.disable ? "disabled" : undefined;
  const { types, tenants } = options;
  const patch = {
    name: options.name,
    url: options.to,
    eventTypes: types === false ? null : parseList<EventType>(types),
    tenantIds: tenants === false ? null : await tenantIdsOf(server, tenants),
    status,
  } as const;
  if (Object.values(patch).every((each) => each === undefined))
    throw new HestiaError(
      "invalid_input",
      {},
      { message: "Say what to change; see: hestia webhooks update --help" },
    );
  const webhook = await send(() => getWebhook(client, name));
  const guards = { ifMatch: `"${webhook.version}"`, idempotencyKey: randomUUID() };
  const input = { webhookId: webhook.id, ...patch };
  show(context, options, await send(() => client.webhooks.update(input, guards)));
}

/** Deletes a webhook with what waits for it. */
export async function deleteWebhook(context: Context, name: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  const { id: webhookId } = await send(() => getWebhook(client, name));
  const idempotencyKey = randomUUID();
  const deleted = await send(() => client.webhooks.delete({ webhookId }, { idempotencyKey }));
  if (options.json) return context.output.printJson(deleted);
  context.output.print(`${context.output.colours.bold(deleted.name)} is deleted.`);
}

/** Gives a webhook a new secret and prints it, once. */
export async function rotateSecret(
  context: Context,
  name: string,
  options: ServerOptions & { readonly overlap?: string },
): Promise<void> {
  const { client, send } = openServer(context, options);
  const overlapHours = parseInteger("--overlap", options.overlap);
  const { id: webhookId, version } = await send(() => getWebhook(client, name));
  // Repeated, it finds another version instead of ending the secret that was just made.
  const rotated = await send(() =>
    client.webhooks.rotateSecret({ webhookId, overlapHours }, { ifMatch: `"${version}"` }),
  );
  showSecret(context, options, rotated);
}

/** Sends a test event and shows what came of it; exit code 5 unless it was delivered. */
export async function testWebhook(context: Context, name: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  const { id: webhookId } = await send(() => getWebhook(client, name));
  const delivery = await send(() => client.webhooks.test({ webhookId }));
  showDelivery(context, options, delivery);
  if (delivery.status !== "delivered") throw new Exit(exitCodes.conflict);
}

/** The options of `webhooks deliveries`. */
export type DeliveriesOptions = Omit<ListOptions, "status"> & {
  readonly status?: string;
  readonly type?: string;
  readonly tenant?: string;
};

/** Lists a webhook's deliveries, or shows one of them with its attempts. */
export async function listDeliveries(
  context: Context,
  name: string,
  id: string | undefined,
  options: DeliveriesOptions,
): Promise<void> {
  const { output } = context;
  const server = openServer(context, options);
  const { client, send } = server;
  const { id: webhookId } = await send(() => getWebhook(client, name));
  if (id !== undefined) {
    const deliveryId = parseId(id);
    const delivery = await send(() => client.webhooks.getDelivery({ webhookId, deliveryId }));
    return showDelivery(context, options, delivery);
  }
  const input = {
    webhookId,
    status: parseList<DeliveryStatus>(options.status),
    type: parseList<EventType>(options.type),
    tenantId: (await tenantIdsOf(server, options.tenant))?.[0],
    limit: parseInteger("--limit", options.limit),
    cursor: options.cursor,
  };
  const list = (asked?: typeof input) => send(() => client.webhooks.deliveries(asked ?? input));
  const page = await readPage(list, input, options.all);
  const table = () => deliveryTable(page.items, output, Date.now());
  printPage(output, page, { json: options.json, table, none: "No deliveries." });
}

/** The options of `webhooks replay`. */
export type ReplayOptions = ServerOptions & {
  readonly from?: string;
  readonly to?: string;
  readonly status?: string;
};

/** Sends one event again, or those of a time. */
export async function replay(
  context: Context,
  name: string,
  id: string | undefined,
  options: ReplayOptions,
): Promise<void> {
  const { client, send } = openServer(context, options);
  const deliveryId = id === undefined ? undefined : parseId(id);
  const from = options.from === undefined ? undefined : parseTime("--from", options.from);
  if (deliveryId === undefined && from === undefined)
    return refuseOption("--from", "Name a delivery, or the time from which on to send again.");
  const { id: webhookId } = await send(() => getWebhook(client, name));
  const guards = { idempotencyKey: randomUUID() };
  if (deliveryId !== undefined) {
    const one = { webhookId, deliveryId };
    const delivery = await send(() => client.webhooks.replayDelivery(one, guards));
    return showDelivery(context, options, delivery);
  }
  const to = parseTime("--to", options.to ?? new Date().toISOString());
  const input = {
    webhookId,
    from: from ?? "",
    to,
    status: parseList<DeliveryStatus>(options.status),
  };
  const replayed = await send(() => client.webhooks.replay(input, guards));
  if (options.json) return context.output.printJson(replayed);
  const { count, more } = replayed;
  context.output.print(`${count} ${count === 1 ? "event is" : "events are"} queued again.`);
  if (more) context.output.note("There are more; run this again when these have gone out.");
}

/** Returns the webhook of a name or an id; throws `webhook_not_found`. */
async function getWebhook(client: Client, name: string): Promise<WebhookView> {
  const webhookId = parseWebhookId(name);
  if (webhookId !== undefined) return client.webhooks.get({ webhookId });
  const [found] = (await client.webhooks.list({ name, limit: 1 })).items;
  if (found !== undefined) return found;
  const message = `There is no webhook "${name}"; see: hestia webhooks list`;
  throw new HestiaError("webhook_not_found", {}, { message });
}

async function tenantIdsOf(
  { client, send }: Server,
  names: string | undefined,
): Promise<TenantId[] | undefined> {
  if (names === undefined) return undefined;
  const ids: TenantId[] = [];
  for (const name of parseList<string>(names) ?? [])
    ids.push((await send(() => getTenant(client, name))).id);
  return ids;
}

function parseId(text: string): DeliveryId {
  const id = parseDeliveryId(text);
  if (id !== undefined) return id;
  const message = `"${text}" is no delivery's id; see: hestia webhooks deliveries`;
  throw new HestiaError("delivery_not_found", {}, { message });
}

function parseTime(option: string, text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime())
    ? refuseOption(option, "It must be a time, such as 2026-11-22T10:00:00Z or 2026-11-22.")
    : time.toISOString();
}

function show({ output }: Context, { json }: ServerOptions, webhook: WebhookView): void {
  if (json) output.printJson(webhook);
  else output.print(webhookText(webhook, output, Date.now()));
}

function showSecret(context: Context, options: ServerOptions, webhook: WebhookWithSecretView) {
  const { secret, ...rest } = webhook;
  if (options.json) return context.output.printJson(webhook);
  show(context, options, rest);
  context.output.print(`\n${secret}`);
  context.output.note("This is its secret; it is shown this once.");
}

function showDelivery({ output }: Context, { json }: ServerOptions, delivery: DeliveryDetailView) {
  if (json) output.printJson(delivery);
  else output.print(deliveryText(delivery, output, Date.now()));
}
