// The commands about operations: long work, looked at, followed, stopped or tried again.
import { randomUUID } from "node:crypto";
import type { OperationView } from "@hestia/api";
import {
  HestiaError,
  type OperationId,
  type OperationStatus,
  parseOperationId,
} from "@hestia/core";
import { parseInteger, parseList } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import { getTenant } from "./find-tenant.ts";
import { operationTable, operationText } from "./operation-text.ts";
import { printPage, readPage } from "./paging.ts";
import { openServer } from "./server.ts";
import { expectSuccess, watch } from "./watch.ts";

/** The options of `operations list`. */
export type ListOptions = ServerOptions & {
  readonly tenant?: string;
  readonly status?: string;
  readonly kind?: string;
  readonly stuck?: boolean;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
};

/** Lists operations: one page, or all of them. */
export async function listOperations(context: Context, options: ListOptions): Promise<void> {
  const { output } = context;
  const { tenant } = options;
  const { client, send } = openServer(context, options);
  const input = {
    tenantId: tenant === undefined ? undefined : (await send(() => getTenant(client, tenant))).id,
    status: parseList<OperationStatus>(options.status),
    ...(options.stuck ? { stuck: true } : {}),
    kind: options.kind,
    limit: parseInteger("--limit", options.limit),
    cursor: options.cursor,
  };
  const list = (asked?: typeof input) => send(() => client.operations.list(asked));
  const page = await readPage(list, input, options.all);
  const table = () => operationTable(page.items, output, Date.now());
  printPage(output, page, { json: options.json, table, none: "No operations." });
}

/** Shows one operation. */
export async function showOperation(context: Context, id: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  const operationId = parseId(id);
  show(context, options, await send(() => client.operations.get({ operationId })));
}

/** Follows an operation to its end and shows how it ended; one that failed is an error. */
export async function watchOperation(context: Context, id: string, options: ServerOptions) {
  const server = openServer(context, options);
  const operationId = parseId(id);
  const operation = await watch(context, server, operationId);
  if (options.json) context.output.printJson(operation);
  expectSuccess(operation);
  if (!options.json) show(context, options, operation);
}

/** Stops an operation. */
export async function cancelOperation(context: Context, id: string, options: ServerOptions) {
  const { client, send } = openServer(context, options);
  const operationId = parseId(id);
  const idempotencyKey = randomUUID();
  const operation = await send(() => client.operations.cancel({ operationId }, { idempotencyKey }));
  show(context, options, operation);
  if (operation.finishedAt === undefined)
    context.output.note("It stops after its present step, and what it did is undone.");
}

/** The options of `operations retry`. */
export type RetryOptions = ServerOptions & { readonly wait?: boolean };

/** Tries a failed operation again and follows it. */
export async function retryOperation(context: Context, id: string, options: RetryOptions) {
  const server = openServer(context, options);
  const operationId = parseId(id);
  const idempotencyKey = randomUUID();
  const asked = await server.send(() =>
    server.client.operations.retry({ operationId }, { idempotencyKey }),
  );
  if (options.wait === false) return show(context, options, asked);
  const operation = await watch(context, server, operationId);
  if (options.json) context.output.printJson(operation);
  expectSuccess(operation);
  if (!options.json) show(context, options, operation);
}

function parseId(text: string): OperationId {
  const id = parseOperationId(text);
  if (id === undefined)
    throw new HestiaError(
      "operation_not_found",
      {},
      { message: `"${text}" is no operation's id; see: hestia operations list` },
    );
  return id;
}

function show({ output }: Context, { json }: ServerOptions, operation: OperationView): void {
  if (json) output.printJson(operation);
  else output.print(operationText(operation, output, Date.now()));
}
