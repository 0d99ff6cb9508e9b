// The commands about tenants. Each finds the tenant by slug or id, asks the server once, and shows the tenant as it
// then is; what changes something can be sent again without happening twice.
import { randomUUID } from "node:crypto";
import type { OperationView, TenantView } from "@hestia/api";
import {
  HestiaError,
  type IsolationModel,
  isHestiaError,
  type TenantSort,
  type TenantStatus,
} from "@hestia/core";
import { parseInteger, parseList, parseSettings, parseTime } from "./arguments.ts";
import { confirmEnd } from "./confirm.ts";
import type { Context, ServerOptions } from "./context.ts";
import { getTenant } from "./find-tenant.ts";
import { printPage, readPage } from "./paging.ts";
import { openServer } from "./server.ts";
import { tenantTable, tenantText } from "./tenant-text.ts";
import { watchToSuccess } from "./watch.ts";

/** What may be said of a tenant when it is created or changed. */
type Said = {
  readonly name?: string;
  readonly plan?: string;
  /** False where it is to be released. */
  readonly domain?: string | false;
  readonly settings?: string;
};

/** The options of `tenants create`. */
export type CreateOptions = ServerOptions &
  Said & {
    readonly isolation?: IsolationModel;
    readonly adminEmail?: string;
    readonly wait?: boolean;
    readonly idempotencyKey?: string;
  };

/** Creates a tenant and shows its provisioning until it is active. */
export async function createTenant(context: Context, slug: string, options: CreateOptions) {
  const { name = slug, isolation, plan, domain, adminEmail } = options;
  const settings = parseSettings(options.settings);
  const input = { slug, name, isolation, plan, settings, adminEmail, domain: domain || undefined };
  const idempotencyKey = options.idempotencyKey ?? randomUUID();
  const server = openServer(context, options);
  const created = await server.send(() => server.client.tenants.create(input, { idempotencyKey }));
  const { operationId } = created;
  if (options.wait === false) {
    show(context, options, created);
    context.output.note(`To follow it: hestia operations watch ${operationId}`);
    return;
  }
  await watchToSuccess(context, server, operationId);
  const tenant = await server.send(() => server.client.tenants.get({ tenantId: created.id }));
  show(context, options, { ...created, ...tenant });
  if (tenant.status === "pending")
    context.output.note(`What to do: hestia tenants verifications ${slug}`);
}

/** The options of `tenants list`. */
export type ListOptions = ServerOptions & {
  readonly status?: string;
  readonly isolation?: string;
  readonly plan?: string;
  readonly search?: string;
  readonly reviewDue?: boolean;
  readonly sort?: TenantSort;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
};

/** Lists tenants: one page, or all of them. */
export async function listTenants(context: Context, options: ListOptions): Promise<void> {
  const { output } = context;
  const input = {
    status: parseList<TenantStatus>(options.status),
    isolation: parseList<IsolationModel>(options.isolation),
    plan: parseList<string>(options.plan),
    q: options.search,
    reviewDue: options.reviewDue,
    sort: options.sort,
    limit: parseInteger("--limit", options.limit),
    cursor: options.cursor,
  };
  const { client, send } = openServer(context, options);
  const list = (asked?: typeof input) => send(() => client.tenants.list(asked));
  const page = await readPage(list, input, options.all);
  const table = () => tenantTable(page.items, output, Date.now());
  printPage(output, page, { json: options.json, table, none: "No tenants." });
}

/** Shows one tenant. */
export async function showTenant(context: Context, name: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  show(context, options, await send(() => getTenant(client, name)));
}

/** The options of `tenants update`. */
export type UpdateOptions = ServerOptions &
  Said & {
    /** False where it need not be kept any more. */
    readonly retainUntil?: string | false;
  };

/** Changes a tenant as it was just read, so that nobody's change is lost. */
export async function updateTenant(context: Context, name: string, options: UpdateOptions) {
  const patch = {
    name: options.name,
    plan: options.plan,
    domain: options.domain === false ? null : options.domain,
    settings: parseSettings(options.settings),
    retainUntil: retentionOf(options),
  };
  if (Object.values(patch).every((each) => each === undefined))
    throw new HestiaError(
      "invalid_input",
      {},
      { message: "Say what to change; see: hestia tenants update --help" },
    );
  const { client, send } = openServer(context, options);
  const { id } = await send(() => getTenant(client, name));
  const { etag = "" } = await send(() => client.tenants.get.withResponse({ tenantId: id }));
  const idempotencyKey = randomUUID();
  const tenant = await send(() =>
    client.tenants.update({ tenantId: id, ...patch }, { ifMatch: etag, idempotencyKey }),
  ).catch((error: unknown) => {
    if (!isHestiaError(error, "precondition_failed")) throw error;
    const message = `Somebody changed ${name} at the same moment; look at it and run this again.`;
    throw new HestiaError("precondition_failed", error.details, { message, cause: error });
  });
  show(context, options, tenant);
}

function retentionOf({ retainUntil: time }: UpdateOptions): Date | null | undefined {
  if (time === undefined) return undefined;
  return time === false ? null : parseTime("--retain-until", time);
}

/** The options of the commands that move a tenant to another status. */
export type MoveOptions = ServerOptions & { readonly reason?: string };

/** The options of `tenants suspend`. */
export type SuspendOptions = MoveOptions & {
  readonly reason: string;
  readonly readonly?: boolean;
  readonly reviewAt?: string;
};

/** Suspends a tenant: at once, in the database. */
export async function suspendTenant(
  context: Context,
  name: string,
  options: SuspendOptions,
): Promise<void> {
  const { reviewAt: at } = options;
  const reviewAt = at === undefined ? undefined : parseTime("--review-at", at);
  const { client, send } = openServer(context, options);
  const { id } = await send(() => getTenant(client, name));
  const mode = options.readonly ? "readonly" : "blocked";
  const input = { tenantId: id, reason: options.reason, mode, reviewAt } as const;
  const idempotencyKey = randomUUID();
  show(context, options, await send(() => client.tenants.suspend(input, { idempotencyKey })));
}

/** Lets a suspended tenant work again. */
export async function resumeTenant(context: Context, name: string, options: MoveOptions) {
  const { client, send } = openServer(context, options);
  const { id } = await send(() => getTenant(client, name));
  const input = { tenantId: id, reason: options.reason };
  const idempotencyKey = randomUUID();
  show(context, options, await send(() => client.tenants.resume(input, { idempotencyKey })));
}

/** The options of `tenants restore`. */
export type RestoreOptions = MoveOptions & { readonly wait?: boolean };

/** Brings a deleted tenant back, and shows how where it has to be made anew. */
export async function restoreTenant(context: Context, name: string, options: RestoreOptions) {
  const server = openServer(context, options);
  const { client, send } = server;
  const { id: tenantId } = await send(() => getTenant(client, name));
  const input = { tenantId, reason: options.reason };
  const idempotencyKey = randomUUID();
  const { body, location } = await send(() =>
    client.tenants.restore.withResponse(input, { idempotencyKey }),
  );
  const [, operationId] = /^\/v1\/operations\/(.+)$/.exec(location ?? "") ?? [];
  if (operationId === undefined) return show(context, options, body);
  if (options.wait === false) {
    show(context, options, body);
    return context.output.note(`To follow it: hestia operations watch ${operationId}`);
  }
  await watchToSuccess(context, server, operationId as OperationView["id"]);
  show(context, options, await send(() => client.tenants.get({ tenantId })));
}

/** The options of `tenants delete`. */
export type DeleteOptions = MoveOptions & { readonly yes?: boolean; readonly wait?: boolean };

/** Deletes a tenant once a person has said so. */
export async function deleteTenant(context: Context, name: string, options: DeleteOptions) {
  const { output } = context;
  const server = openServer(context, options);
  const { client, send } = server;
  const { id, slug } = await send(() => getTenant(client, name));
  if (!options.yes) await confirmEnd("delete", slug, output);
  const input = { tenantId: id, reason: options.reason };
  const idempotencyKey = randomUUID();
  const asked = await send(() => client.tenants.delete(input, { idempotencyKey }));
  const isOver = options.wait === false || asked.finishedAt !== undefined;
  const operation = isOver ? asked : await watchToSuccess(context, server, asked.id);
  if (options.json) return output.printJson(operation);
  output.print(`${output.colours.bold(slug)} is deleted and no longer served.`);
  output.note(`While its grace period lasts: hestia tenants restore ${slug}`);
}

function show({ output }: Context, { json }: ServerOptions, tenant: TenantView): void {
  if (json) output.printJson(tenant);
  else output.print(tenantText(tenant, output, Date.now()));
}
