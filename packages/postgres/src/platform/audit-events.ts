// The SQL of the audit log. Events are only ever added, in the transaction of the change they tell of, and numbered
// within their tenant; the database refuses anything else.
import {
  type AuditEvent,
  assert,
  type EventId,
  type EventType,
  type Page,
  type TenantId,
} from "@hestia/core";
import { type Selectable, sql } from "kysely";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** The chain of events that are about no tenant. */
const platformChain = "00000000-0000-0000-0000-000000000000";

/** Adds an event; concurrent ones of the same tenant wait for each other. */
export async function insertEvent(tx: PlatformTx, event: AuditEvent): Promise<void> {
  const chain = event.tenantId ?? platformChain;
  await tx
    .insertInto("audit_events")
    .values({
      id: event.id,
      chain,
      position: await nextPosition(tx, chain),
      tenant_id: event.tenantId ?? null,
      type: event.type,
      at: event.at,
      actor: JSON.stringify(event.actor),
      request_id: event.requestId ?? null,
      reason: event.reason ?? null,
      data: JSON.stringify(event.data),
    })
    .execute();
}

async function nextPosition(tx: PlatformTx, chain: string): Promise<string> {
  const { rows } = await sql<{ position: string }>`
    insert into platform.audit_chains as kept (chain, position) values (${chain}, 1)
    on conflict (chain) do update set position = kept.position + 1
    returning position`.execute(tx);
  const position = rows[0]?.position;
  assert(position !== undefined, "an upsert returns its row");
  return position;
}

/** Returns the events since a time, the newest first and no more than asked for. */
export async function listEventsSince(
  tx: PlatformTx,
  since: Date,
  limit: number,
): Promise<AuditEvent[]> {
  const rows = await tx
    .selectFrom("audit_events")
    .selectAll()
    .where("at", ">=", since)
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

/** What a list of events is narrowed to. */
export type EventFilter = {
  readonly tenantId?: TenantId | undefined;
  readonly type?: readonly EventType[] | undefined;
};

const newestFirst: Keyset = {
  column: "audit_events.at",
  id: "audit_events.id",
  kind: "time",
  descending: true,
};

/** Returns one page of events, the newest first; throws `cursor_invalid`. */
export async function listEvents(
  tx: PlatformTx,
  { filter, ...page }: PageRequest & { filter: EventFilter },
): Promise<Page<AuditEvent>> {
  const binding = { sort: "-at", filter: { ...filter } };
  const { tenantId, type } = filter;
  const rows = await tx
    .selectFrom("audit_events")
    .selectAll()
    .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId ?? ""))
    .$if(type !== undefined, (query) => query.where("type", "in", type ?? []))
    .where(afterCursor(newestFirst, page, binding))
    .orderBy(keysetOrder(newestFirst))
    .limit(page.limit + 1)
    .execute();
  return pageOfRows(rows.map(toEvent), page, binding, ({ at, id }) => [at, id]);
}

/** An event with its number in its chain. */
export type NumberedEvent = { readonly event: AuditEvent; readonly position: string };

/** Returns the event with its number; undefined when there is none. */
export async function findEvent(
  tx: PlatformTx,
  eventId: EventId,
): Promise<NumberedEvent | undefined> {
  const row = await tx
    .selectFrom("audit_events")
    .selectAll()
    .where("id", "=", eventId)
    .executeTakeFirst();
  return row && { event: toEvent(row), position: row.position };
}

/** Returns the first event of a chain behind a number, of these types if any are given. */
export async function findEventAfter(
  tx: PlatformTx,
  {
    chain,
    position,
    types,
  }: { chain: string; position: string; types?: readonly EventType[] | undefined },
): Promise<NumberedEvent | undefined> {
  const row = await tx
    .selectFrom("audit_events")
    .selectAll()
    .where("chain", "=", chain)
    .where("position", ">", position)
    .$if(types !== undefined, (query) => query.where("type", "in", types ?? []))
    .orderBy("position")
    .limit(1)
    .executeTakeFirst();
  return row && { event: toEvent(row), position: row.position };
}

function toEvent(row: Selectable<PlatformTables["audit_events"]>): AuditEvent {
  return {
    id: row.id,
    type: row.type,
    at: row.at,
    actor: row.actor,
    tenantId: row.tenant_id ?? undefined,
    requestId: row.request_id ?? undefined,
    reason: row.reason ?? undefined,
    data: row.data,
  } as unknown as AuditEvent;
}
