// Work for subscribers: parts of the server that follow events. A subscriber's place in each tenant's events is kept in
// its lane and moves on when the handler has returned, so an event is handled once at least, and in its order.
import type { AuditEvent, EventType } from "@hestia/core";
import {
  findEventAfter,
  lockLane,
  type NumberedEvent,
  updateLane,
} from "@hestia/postgres/platform";
import type { Logger } from "pino";
import { patiently } from "../engine/patience.ts";
import { type Platform, tenantLog } from "../platform.ts";
import type { LaneWork } from "./dispatcher.ts";
import { orAborted } from "./or-aborted.ts";

/** What a handler gets beside the event. */
type Handling = {
  readonly platform: Platform;
  readonly log: Logger;
  /** Aborted when the server stops or the handler takes too long: whatever is done then is done again. */
  readonly signal: AbortSignal;
};

/** A part of the server that follows events. */
export type Subscriber<Type extends EventType = EventType> = {
  /** Lower-case words with hyphens; under it the place is kept, so it stays the same for ever. */
  readonly name: string;
  /** The types that it follows; absent, all. */
  readonly types?: readonly Type[] | undefined;
  /** Called with one event of a tenant at a time; what throws is repeated, later and later. */
  handle(event: AuditEvent<Type>, handling: Handling): Promise<void>;
};

/**
 * Defines a subscriber whose handler knows the types that it follows.
 *
 * @example subscriber({ name: "welcome", types: ["tenant.activated"], handle: async (event) => { … } });
 */
export function subscriber<Type extends EventType>(definition: Subscriber<Type>): Subscriber {
  return definition as unknown as Subscriber;
}

const handleWithinMs = 60_000;
const pauseMsMin = 1_000;
const pauseMsMax = 300_000;

/** Handles the next event of a subscriber's lane; tells whether more is due on it. */
export async function handleNext(
  platform: Platform,
  subscriber: Subscriber,
  work: LaneWork,
): Promise<boolean> {
  const found = await findNext(platform, subscriber, work);
  if (found === undefined) return false;
  const error = await handle(platform, subscriber, found.next, work.signal);
  work.signal.throwIfAborted();
  const wait = { platform, log: platform.log, signal: work.signal };
  return error === undefined
    ? patiently(wait, () => moveOn(platform, subscriber, work, found.next))
    : patiently(wait, () => putOff(platform, work, found.tries + 1));
}

async function findNext(
  { db }: Platform,
  { types }: Subscriber,
  { lane }: LaneWork,
): Promise<{ next: NumberedEvent; tries: number } | undefined> {
  return db.asPlatform(async (tx) => {
    const place = await lockLane(tx, lane);
    if (place === undefined) return undefined;
    const { chain } = lane;
    const next = await findEventAfter(tx, { chain, position: place.position, types });
    if (next !== undefined) return { next, tries: place.tries };
    await updateLane(tx, lane, { dueAt: null, keep: false });
    return undefined;
  });
}

/** Returns what the handler threw, or undefined. */
async function handle(
  platform: Platform,
  { name, handle }: Subscriber,
  { event }: NumberedEvent,
  stopping: AbortSignal,
): Promise<unknown> {
  const about = { subscriber: name, event: event.id, type: event.type };
  const log = tenantLog(platform.log, event.tenantId).child(about);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(handleWithinMs)]);
  try {
    await orAborted(handle(event, { platform, log, signal }), signal);
    return undefined;
  } catch (error) {
    if (!stopping.aborted) log.warn({ err: error }, "a subscriber failed; it is tried again");
    return error ?? new Error("thrown without an error");
  }
}

async function moveOn(
  { db, now }: Platform,
  { types }: Subscriber,
  { lane, mayKeep }: LaneWork,
  { position }: NumberedEvent,
): Promise<boolean> {
  return db.asPlatform(async (tx) => {
    if ((await lockLane(tx, lane)) === undefined) return false;
    // An event that is being written now waits for the lane, and makes it due by itself.
    const isMore = (await findEventAfter(tx, { chain: lane.chain, position, types })) !== undefined;
    const keep = isMore && mayKeep;
    await updateLane(tx, lane, { position, tries: 0, dueAt: isMore ? now() : null, keep });
    return keep;
  });
}

async function putOff({ db, now }: Platform, { lane }: LaneWork, tries: number): Promise<boolean> {
  const pauseMs = Math.min(pauseMsMin * 2 ** Math.min(tries - 1, 20), pauseMsMax);
  const dueAt = new Date(now().getTime() + pauseMs * (1 + Math.random() / 10));
  await db.asPlatform(async (tx) => {
    if ((await lockLane(tx, lane)) !== undefined)
      await updateLane(tx, lane, { tries, dueAt, keep: false });
  });
  return false;
}
