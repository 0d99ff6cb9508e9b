// The commands about the audit log: who did what, when and why. It is read only.
import type { EventType } from "@hestia/core";
import { parseInteger, parseList } from "./arguments.ts";
import { auditTable } from "./audit-text.ts";
import type { Context, ServerOptions } from "./context.ts";
import { getTenant } from "./find-tenant.ts";
import { printPage, readPage } from "./paging.ts";
import { openServer } from "./server.ts";

/** The options of `audit list`. */
export type ListOptions = ServerOptions & {
  readonly tenant?: string;
  readonly type?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
};

/** Lists audit events: one page, or all of them. */
export async function listEvents(context: Context, options: ListOptions): Promise<void> {
  const { output } = context;
  const { tenant } = options;
  const { client, send } = openServer(context, options);
  const input = {
    tenantId: tenant === undefined ? undefined : (await send(() => getTenant(client, tenant))).id,
    type: parseList<EventType>(options.type),
    limit: parseInteger("--limit", options.limit),
    cursor: options.cursor,
  };
  const list = (asked?: typeof input) => send(() => client.audit.list(asked));
  const page = await readPage(list, input, options.all);
  const table = () => auditTable(page.items, output, Date.now());
  printPage(output, page, { json: options.json, table, none: "Nothing happened." });
}
