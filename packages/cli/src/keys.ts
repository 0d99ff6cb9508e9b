// The commands about operator keys. A key is printed once, when it is made; a call that makes one is not repeated by
// itself, since a repeat would make another that nobody knows of.
import { randomUUID } from "node:crypto";
import type { OperatorKeyView } from "@hestia/api";
import { HestiaError, parseOperatorKeyId } from "@hestia/core";
import { parseInteger } from "./arguments.ts";
import type { Context, ServerOptions } from "./context.ts";
import type { Output } from "./output.ts";
import { printPage, readPage } from "./paging.ts";
import { openServer } from "./server.ts";
import { renderTable } from "./table.ts";
import { relativeTime } from "./times.ts";

/** The options of `keys list`. */
export type ListOptions = ServerOptions & {
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
};

/** Lists keys: one page, or all of them. */
export async function listKeys(context: Context, options: ListOptions): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const input = { limit: parseInteger("--limit", options.limit), cursor: options.cursor };
  const list = (asked?: typeof input) => send(() => client.operatorKeys.list(asked));
  const page = await readPage(list, input, options.all);
  const table = () => keyTable(page.items, output, Date.now());
  printPage(output, page, { json: options.json, table, none: "No keys." });
}

function keyTable(keys: readonly OperatorKeyView[], output: Output, now: number): string {
  const columns = [
    { title: "ID" },
    { title: "NAME", gives: true as const },
    { title: "CREATED" },
    { title: "REVOKED" },
  ];
  const rows = keys.map(({ id, name, createdAt, revokedAt }) => [
    id,
    name,
    relativeTime(createdAt, now),
    revokedAt === undefined ? "" : relativeTime(revokedAt, now),
  ]);
  return renderTable(columns, rows, output);
}

/** Makes a key and prints it, once. */
export async function createKey(
  context: Context,
  name: string,
  options: ServerOptions,
): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  // The way there is tried, and may be again; the making is not.
  await send(() => client.session.get());
  const made = await client.operatorKeys.create({ name });
  if (options.json) return output.printJson(made);
  output.print(made.secret);
  output.note(`This is the key of ${made.name}; it is shown this once. Its id is ${made.id}.`);
}

/** The options of `keys revoke`. */
export type RevokeOptions = ServerOptions & { readonly reason?: string; readonly yes?: boolean };

/** Revokes a key. */
export async function revokeKey(
  context: Context,
  id: string,
  options: RevokeOptions,
): Promise<void> {
  const { client, send } = openServer(context, options);
  const operatorKeyId = parseOperatorKeyId(id);
  if (operatorKeyId === undefined)
    throw new HestiaError(
      "invalid_input",
      {},
      { message: `"${id}" is no key's id; hestia keys list shows them.` },
    );
  const { operator } = await send(() => client.session.get());
  if (operator.id === operatorKeyId && options.yes !== true)
    throw new HestiaError(
      "invalid_input",
      {},
      { message: "That is the key that this command uses; say --yes to revoke it all the same." },
    );
  const input = { operatorKeyId, reason: options.reason };
  const idempotencyKey = randomUUID();
  const revoked = await send(() => client.operatorKeys.revoke(input, { idempotencyKey }));
  if (options.json) return context.output.printJson(revoked);
  context.output.print(`${context.output.colours.bold(revoked.name)} is revoked.`);
}
