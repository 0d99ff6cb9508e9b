// The SQL of lanes: what waits for whom, in the order of each tenant's events. An event puts itself on the lanes of its
// consumers in its own transaction. Locks are taken in one order, chain before lane before delivery, so that writers of
// events and servers that deliver them never wait for each other in a circle.
import type { EventId, EventType, WebhookId } from "@hestia/core";
import { sql } from "kysely";
import type { Consumer } from "./audit-events.ts";
import type { PlatformTx } from "./database.ts";
import { insertDeliveries } from "./webhook-deliveries.ts";

/** A consumer's queue of one chain, held by one server. */
export type Lane = {
  /** A webhook's id or a subscriber's name. */
  readonly consumer: string;
  readonly chain: string;
  /** The holder's session. */
  readonly holder: string;
  /** The fence: another number, another holder. */
  readonly claim: number;
};

/** What wakes servers that deliver; a hint, never a truth. */
export const eventsChannel = "hestia_events";

/** Queues a recorded event for those who want it, in the event's own transaction. */
export async function queueEvent(
  tx: PlatformTx,
  event: EventId,
  { consumers, now }: { consumers: readonly Consumer[]; now: Date },
): Promise<void> {
  if (consumers.length === 0) return;
  const webhooks = consumers.filter((each) => each.isWebhook).map(({ name }) => name as WebhookId);
  const queued = await insertDeliveries(tx, { event, webhooks, now });
  const subscribers = consumers.filter((each) => !each.isWebhook).map(({ name }) => name);
  await fillLanes(tx, { event, consumers: [...queued, ...subscribers], now });
}

async function fillLanes(
  tx: PlatformTx,
  { event, consumers, now }: { event: EventId; consumers: readonly string[]; now: Date },
): Promise<void> {
  if (consumers.length === 0) return;
  await sql`
    insert into platform.event_lanes as kept (consumer, chain, position, due_at)
    select consumer, e.chain, e.position - 1, ${now} from platform.audit_events e, unnest(${consumers}::text[]) as consumer
    where e.id = ${event} order by consumer
    on conflict (consumer, chain) do update set due_at = coalesce(kept.due_at, excluded.due_at)`.execute(
    tx,
  );
  await wakeDelivery(tx);
}

// At the commit, and not at all without one.
async function wakeDelivery(tx: PlatformTx): Promise<void> {
  await sql`select pg_notify(${eventsChannel}, '')`.execute(tx);
}

/** How much a server can take on. */
export type ClaimRequest = {
  readonly holder: string;
  readonly now: Date;
  /** The subscribers that this server has. */
  readonly subscribers: readonly string[];
  /** How many lanes it works on already, by consumer. */
  readonly working: { readonly [consumer: string]: number };
  readonly perConsumerMax: number;
  readonly lanesMax: number;
};

/** Takes lanes on which something is due; of no consumer more than its share, and none that another server has. */
export async function claimLanes(tx: PlatformTx, asked: ClaimRequest): Promise<Lane[]> {
  const { rows } = await sql<Lane>`
    with found as (
      select l.consumer, l.chain from (
        select id::text as consumer from platform.webhooks where status = 'active'
        union all select unnest(${asked.subscribers}::text[])
      ) c cross join lateral (
        select consumer, chain, due_at from platform.event_lanes
        where consumer = c.consumer and holder is null and due_at <= ${asked.now}
        order by due_at
        limit greatest(0, ${asked.perConsumerMax}::integer - coalesce((${JSON.stringify(asked.working)}::jsonb ->> c.consumer)::integer, 0))
        for update skip locked
      ) l
      order by l.due_at
      limit ${asked.lanesMax}
    )
    update platform.event_lanes l set holder = ${asked.holder}, claim = l.claim + 1, claimed_at = now()
    from found where (l.consumer, l.chain) = (found.consumer, found.chain)
    returning l.consumer, l.chain, l.holder, l.claim`.execute(tx);
  return rows;
}

/** Frees the lanes of servers that are gone, and such as were held beyond any honest time; returns how many. */
export async function freeLanes(tx: PlatformTx, staleSeconds: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update platform.event_lanes set holder = null, claimed_at = null
    where holder is not null and (claimed_at < now() - make_interval(secs => ${staleSeconds}) or not exists (
      select from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())
        and classid = ${laneLockClass} and objid = (hashtext(holder)::bigint & 4294967295)::oid))`.execute(
    tx,
  );
  return Number(numAffectedRows ?? 0);
}

/** The class of the advisory lock that a server holds, under its name, while it may hold lanes. */
export const laneLockClass = 4379;

/** Where a lane stands. */
export type LanePlace = { readonly position: string; readonly tries: number };

/** Returns a lane that is still held by this claim, locked; undefined when it was taken away. */
export async function lockLane(tx: PlatformTx, lane: Lane): Promise<LanePlace | undefined> {
  return tx
    .selectFrom("event_lanes")
    .select(["position", "tries"])
    .where("consumer", "=", lane.consumer)
    .where("chain", "=", lane.chain)
    .where("holder", "=", lane.holder)
    .where("claim", "=", lane.claim)
    .forUpdate()
    .executeTakeFirst();
}

/** What is written of a lane after work on it. */
export type LaneChange = Partial<LanePlace> & {
  /** When it is to be worked on next; null where nothing waits. */
  readonly dueAt: Date | null;
  /** Whether the holder goes on at once. */
  readonly keep: boolean;
};

/** Writes where a lane stands, which the transaction has locked, and lets it go unless it is kept. */
export async function updateLane(
  tx: PlatformTx,
  { consumer, chain }: Pick<Lane, "consumer" | "chain">,
  { dueAt, keep, ...place }: LaneChange,
): Promise<void> {
  await tx
    .updateTable("event_lanes")
    .set({
      ...place,
      due_at: dueAt,
      ...(keep ? { claimed_at: sql<Date>`now()` } : { holder: null, claimed_at: null }),
    })
    .where("consumer", "=", consumer)
    .where("chain", "=", chain)
    .execute();
}

/** Takes away a lane on which nothing waits, which the transaction has locked. */
export async function deleteLane(
  tx: PlatformTx,
  { consumer, chain }: Pick<Lane, "consumer" | "chain">,
): Promise<void> {
  await tx
    .deleteFrom("event_lanes")
    .where("consumer", "=", consumer)
    .where("chain", "=", chain)
    .execute();
}

/** Takes away all lanes of a consumer. */
export async function deleteLanes(tx: PlatformTx, consumer: string): Promise<void> {
  await tx.deleteFrom("event_lanes").where("consumer", "=", consumer).execute();
}

/** Makes lanes of these chains due at once; a lane that is being worked on goes on with it. */
export async function hurryLanes(
  tx: PlatformTx,
  { consumer, chains, now }: { consumer: string; chains: readonly string[]; now: Date },
): Promise<void> {
  await sql`
    insert into platform.event_lanes as kept (consumer, chain, position, due_at)
    select ${consumer}, chain, 0, ${now} from unnest(${chains}::uuid[]) as chain order by chain
    on conflict (consumer, chain) do update set due_at = least(kept.due_at, excluded.due_at)`.execute(
    tx,
  );
  await wakeDelivery(tx);
}

/** Keeps a subscriber by its name, with the types that it follows from now on. */
export async function putSubscriber(
  tx: PlatformTx,
  { name, types, now }: { name: string; types?: readonly EventType[] | undefined; now: Date },
): Promise<void> {
  const change = { event_types: types === undefined ? null : JSON.stringify(types), seen_at: now };
  await tx
    .insertInto("event_subscribers")
    .values({ name, ...change })
    .onConflict((conflict) => conflict.constraint("event_subscribers_pkey").doUpdateSet(change))
    .execute();
}

/** Forgets subscribers that no server had since the time, with their places. */
export async function deleteOldSubscribers(tx: PlatformTx, before: Date): Promise<void> {
  const gone = await tx
    .deleteFrom("event_subscribers")
    .where("seen_at", "<", before)
    .returning("name")
    .execute();
  for (const { name } of gone) await deleteLanes(tx, name);
}
