// The audit log: written with every change, in its transaction, and read here.
import { auditEventView, type auditRoutes } from "@hestia/api";
import {
  type Actor,
  type AuditEvent,
  type EventData,
  type EventId,
  type EventType,
  makeId,
  type Page,
  type TenantId,
} from "@hestia/core";
import {
  getTenant,
  insertEvent,
  listEvents,
  type PlatformTx,
  queueEvent,
} from "@hestia/postgres/platform";
import type { Handlers } from "./handlers.ts";

/** Who acts, and in which request. */
export type Acting = { readonly actor: Actor; readonly requestId?: string | undefined };

/** Records an event, and queues it for who wants it, in the transaction of the change that it tells of. */
export async function recordEvent<Type extends EventType>(
  tx: PlatformTx,
  { actor, requestId }: Acting,
  event: {
    type: Type;
    data: EventData[Type];
    now: Date;
    tenantId?: TenantId | undefined;
    reason?: string | undefined;
  },
): Promise<EventId> {
  const { now, ...rest } = event;
  const id = makeId<EventId>(now);
  const added = { ...rest, id, at: now, actor, requestId } as AuditEvent;
  const consumers = await insertEvent(tx, added);
  // A test is for the one webhook that is tested, and is sent by who asks for it.
  if (event.type !== "webhook.test") await queueEvent(tx, id, { consumers, now });
  return id;
}

/** The handlers of the audit log. */
export const auditHandlers: Handlers<typeof auditRoutes> = {
  list: async ({ platform }, { limit, cursor, ...filter }) => {
    const page = await platform.db.asPlatform((tx) => listEvents(tx, { limit, cursor, filter }));
    return { status: 200, body: pageView(page, auditEventView) };
  },
  listForTenant: async ({ platform }, { limit, cursor, ...filter }) => {
    const page = await platform.db.asPlatform(async (tx) => {
      await getTenant(tx, filter.tenantId);
      return listEvents(tx, { limit, cursor, filter });
    });
    return { status: 200, body: pageView(page, auditEventView) };
  },
};

/** Returns a page as it crosses the wire. */
export function pageView<Item, View>(
  { items, nextCursor }: Page<Item>,
  view: (item: Item) => View,
): { items: View[]; nextCursor?: string } {
  return { items: items.map(view), ...(nextCursor === undefined ? {} : { nextCursor }) };
}
