// What changes on the platform, told to whoever has a screen open: one reader for all of them, woken by operations and
// otherwise once a second. Hints: each follower reads again what it shows, and what it missed it reads when it comes back.
import { auditEventView, type ChangesView, type changeRoutes } from "@hestia/api";
import type { AuditEvent, OperationId } from "@hestia/core";
import { listEventsSince } from "@hestia/postgres/platform";
import type { Handlers, StreamEvent } from "./handlers.ts";
import type { Platform } from "./platform.ts";

const pollMs = 1_000;
/** What comes within it is told together. */
const gatherMs = 100;
/** Transactions that began earlier may commit later: so far back is read again. */
const lateMs = 10_000;
/** What one follower may be behind; it reads everything anew then. */
const usualWaitingMax = 100;

type Follower = { readonly waiting: ChangesView[]; wake: () => void; isLost: boolean };

/** Tells followers of changes. */
export class ChangeFeed {
  readonly #platform: Pick<Platform, "db" | "engine" | "now">;
  readonly #followers = new Set<Follower>();
  #told = new Map<string, Date>();
  #running: Promise<void> | undefined;

  readonly #waitingMax: number;

  constructor(
    platform: Pick<Platform, "db" | "engine" | "now">,
    waitingMax: number = usualWaitingMax,
  ) {
    this.#platform = platform;
    this.#waitingMax = waitingMax;
  }

  /** Notices, the first at once, until the signal, or until the follower is so far behind that it had better begin anew. */
  async *follow(signal: AbortSignal): AsyncGenerator<StreamEvent<ChangesView>> {
    const follower: Follower = {
      waiting: [{ events: [], operations: [] }],
      wake: () => {},
      isLost: false,
    };
    this.#followers.add(follower);
    const leave = () => {
      this.#followers.delete(follower);
      follower.wake();
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    try {
      for (let id = 1; !signal.aborted && !follower.isLost; id += 1) {
        const woken = new Promise<void>((resolve) => {
          follower.wake = resolve;
        });
        const data = follower.waiting.shift();
        if (data) yield { id: String(id), data };
        else await woken;
      }
    } finally {
      leave();
      signal.removeEventListener("abort", leave);
    }
  }

  async #run(): Promise<void> {
    const { engine } = this.#platform;
    let changed = new Set<OperationId>();
    const wakes = new Set<() => void>();
    const stop = engine.changes.listen((id) => {
      if (id !== undefined) changed.add(id as OperationId);
      for (const wake of wakes) wake();
    });
    this.#told = new Map((await this.#read()).map(({ id, at }) => [id, at]));
    try {
      while (this.#followers.size > 0 && !engine.stopping.aborted) {
        await pause(wakes, changed.size > 0 ? gatherMs : pollMs);
        if (changed.size > 0) await pause(new Set(), gatherMs);
        const operations = [...changed];
        changed = new Set();
        const events = (await this.#read()).filter(({ id }) => !this.#told.has(id));
        for (const { id, at } of events) this.#told.set(id, at);
        this.#forgetOld();
        if (events.length + operations.length > 0)
          this.#tell({ events: events.map(auditEventView), operations });
      }
    } finally {
      stop();
    }
  }

  #tell(notice: ChangesView): void {
    for (const follower of this.#followers) {
      // Whoever does not read is let go, and begins anew.
      if (follower.waiting.push(notice) > this.#waitingMax) {
        this.#followers.delete(follower);
        follower.isLost = true;
      }
      follower.wake();
    }
  }

  async #read(): Promise<AuditEvent[]> {
    const { db, now } = this.#platform;
    const since = new Date(now().getTime() - lateMs);
    // The database may be away for a moment: the next reading tells.
    return db.asPlatform((tx) => listEventsSince(tx, since, 200)).catch(() => []);
  }

  #forgetOld(): void {
    const before = this.#platform.now().getTime() - 2 * lateMs;
    for (const [id, at] of this.#told) if (at.getTime() < before) this.#told.delete(id);
  }
}

function pause(wakes: Set<() => void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      wakes.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    wakes.add(wake);
  });
}

/** The handler of changes. */
export const changeHandlers: Handlers<typeof changeRoutes> = {
  follow: async ({ platform, signal }) =>
    platform.feed.follow(AbortSignal.any([signal, platform.engine.stopping])),
};
