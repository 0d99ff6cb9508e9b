// The dispatcher of one server: takes lanes on which something is due and works on each of them, one event after the
// other. No consumer gets more than its share, so that one that is slow leaves room for the rest; and a lane is worked on
// by one server at a time, which is what keeps a tenant's events in their order.
import { setTimeout as delay } from "node:timers/promises";
import { claimLanes, freeLanes, type Lane, lockLane, updateLane } from "@hestia/postgres/platform";
import type { Platform } from "../platform.ts";
import { openSession, type Session } from "./session.ts";

/** How work on a lane goes on. */
export type LaneWork = {
  readonly lane: Lane;
  /** Aborted when the server stops and can wait no longer. */
  readonly signal: AbortSignal;
  /** Whether the lane may be kept for another event. */
  readonly mayKeep: boolean;
};

/** What the dispatcher works for. */
export type Consumers = {
  /** The names of the subscribers that this server has. */
  readonly subscribers: readonly string[];
  /** Does one event of the lane; tells whether the lane is kept and more is due on it. */
  work(work: LaneWork): Promise<boolean>;
};

/** Lanes of one consumer that a server works on at a time: what a slow receiver can hold up. */
const lanesPerConsumerMax = 4;
/** Lanes that a server works on at a time: sixteen consumers can be slow before any other waits. */
const lanesMax = 64;
/** Events done in a row before a lane goes back, so that a long one does not keep shorter ones waiting. */
const eventsInRowMax = 20;
/** Notices are hints, and retries come due by themselves. */
const pollMs = 1_000;
/** Far above any attempt: who holds a lane for so long has lost it without noticing. */
const staleSeconds = 120;
/** A lane whose work fails in us, not in its consumer, rests for so long. */
const faultPauseMs = 5_000;
/** What is under way when the server stops may take so long. */
const stopWithinMs = 5_000;

/** Dispatches until the signal is aborted; resolves when nothing is under way any more. */
export async function keepDispatching(
  platform: Platform,
  consumers: Consumers,
  { signal, wake }: { signal: AbortSignal; wake: Wake },
): Promise<void> {
  for (let pauseMs = 200; !signal.aborted; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      const session = await openSession(platform, wake.call);
      pauseMs = 200;
      await dispatch({ platform, consumers, session, signal, wake });
    } catch (error) {
      platform.log.warn({ err: error }, "events cannot be delivered at present; trying again");
    }
    await delay(pauseMs, undefined, { signal }).catch(() => {});
  }
}

type Dispatch = {
  readonly platform: Platform;
  readonly consumers: Consumers;
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly wake: Wake;
};

async function dispatch({ platform, consumers, session, signal, wake }: Dispatch): Promise<void> {
  const stopping = new AbortController();
  const working = new Map<Promise<void>, Lane>();
  const over = AbortSignal.any([signal, session.lost]);
  let freedAt = Number.NEGATIVE_INFINITY;
  try {
    while (!over.aborted) {
      const woken = wake.next(over);
      if (performance.now() - freedAt >= pollMs) {
        freedAt = performance.now();
        await session.check();
        await freeDead(platform);
      }
      const lanes = await claim({ platform, consumers, session, working });
      for (const lane of lanes) {
        const work = workOn({ platform, consumers, lane, over, stopping: stopping.signal });
        const done = work.finally(() => {
          working.delete(done);
          wake.call();
        });
        working.set(done, lane);
      }
      if (lanes.length === 0) await woken;
    }
  } finally {
    const timer = setTimeout(() => stopping.abort(), stopWithinMs);
    await Promise.all(working.keys());
    clearTimeout(timer);
    await session.end();
  }
}

async function freeDead({ db, log }: Platform): Promise<void> {
  const freed = await db.asPlatform((tx) => freeLanes(tx, staleSeconds));
  if (freed > 0) log.warn({ lanes: freed }, "took over events from servers that are gone");
}

async function claim(given: {
  platform: Platform;
  consumers: Consumers;
  session: Session;
  working: ReadonlyMap<unknown, Lane>;
}): Promise<Lane[]> {
  const { platform, consumers, session, working } = given;
  const free = lanesMax - working.size;
  if (free <= 0) return [];
  const counts = Object.fromEntries(
    [...Map.groupBy(working.values(), (lane) => lane.consumer)].map(([name, lanes]) => [
      name,
      lanes.length,
    ]),
  );
  return platform.db.asPlatform((tx) =>
    claimLanes(tx, {
      holder: session.holder,
      now: platform.now(),
      subscribers: consumers.subscribers,
      working: counts,
      perConsumerMax: lanesPerConsumerMax,
      lanesMax: free,
    }),
  );
}

async function workOn(given: {
  platform: Platform;
  consumers: Consumers;
  lane: Lane;
  over: AbortSignal;
  stopping: AbortSignal;
}): Promise<void> {
  const { platform, consumers, lane, over, stopping } = given;
  try {
    for (let left = eventsInRowMax; left > 0; left--) {
      const mayKeep = left > 1 && !over.aborted;
      if (!(await consumers.work({ lane, signal: stopping, mayKeep }))) return;
    }
  } catch (error) {
    const pauseMs = stopping.aborted ? 0 : faultPauseMs;
    if (!stopping.aborted)
      platform.log.error({ err: error, consumer: lane.consumer, chain: lane.chain }, "an event");
    await letGo(platform, lane, pauseMs).catch(() => {});
  }
}

// If this fails too, the lane is freed when its time is over.
async function letGo({ db, now }: Platform, lane: Lane, pauseMs: number): Promise<void> {
  await db.asPlatform(async (tx) => {
    if ((await lockLane(tx, lane)) === undefined) return;
    await updateLane(tx, lane, { dueAt: new Date(now().getTime() + pauseMs), keep: false });
  });
}

/** Wakes the dispatcher: what happens between two waits is not lost. */
export type Wake = {
  call(): void;
  /** Resolves at the next call, after a while, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void>;
};

/** Makes the wake of one dispatcher. */
export function makeWake(): Wake {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    call: () => resolve(),
    next: async (signal) => {
      ({ promise, resolve } = Promise.withResolvers<void>());
      const timer = new AbortController();
      const given = AbortSignal.any([timer.signal, signal]);
      await Promise.race([promise, delay(pollMs, undefined, { signal: given }).catch(() => {})]);
      timer.abort();
    },
  };
}
