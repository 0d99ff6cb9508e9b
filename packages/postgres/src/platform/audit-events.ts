// The SQL of the audit log. Events are only ever added, in the transaction of the change they tell of, and numbered
// within their tenant; the database refuses anything else.
import type { AuditEvent, EventId, EventType, Page, TenantId } from "@hestia/core";
import { type Selectable, sql } from "kysely";
import type { PlatformTx } from "./database.ts";
import { afterCursor, type Keyset, keysetOrder, type PageRequest, pageOfRows } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** The chain of events that are about no tenant. */
const platformChain = "00000000-0000-0000-0000-000000000000";

/** Adds an event; concurrent ones of the same tenant wait for each other. Returns who wants to hear of it. */
export async function insertEvent(tx: PlatformTx, event: AuditEvent): Promise<Consumer[]> {
  const chain = event.tenantId ?? platformChain;
  const { rows } = await sql<Consumer>`
    with numbered as (
      insert into platform.audit_chains as kept (chain, position) values (${chain}, 1)
      on conflict (chain) do update set position = kept.position + 1
      returning position
    ), added as (
      insert into platform.audit_events (id, chain, position, tenant_id, type, at, actor, request_id, reason, data)
      select ${event.id}, ${chain}, position, ${event.tenantId ?? null}, ${event.type}, ${event.at}, ${JSON.stringify(event.actor)},
        ${event.requestId ?? null}, ${event.reason ?? null}, ${JSON.stringify(event.data)}
      from numbered returning type, tenant_id
    )
    select w.id::text as name, true as "isWebhook" from added e
      join platform.webhooks w on w.status = 'active'
        and (w.event_types is null or w.event_types ? e.type)
        and (w.tenant_ids is null or w.tenant_ids ? e.tenant_id::text)
    union all
    select s.name, false from added e
      join platform.event_subscribers s on s.event_types is null or s.event_types ? e.type`.execute(
    tx,
  );
  return rows;
}

/** A webhook, by its id, or a subscriber, by its name. */
export type Consumer = { readonly name: string; readonly isWebhook: boolean };

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
