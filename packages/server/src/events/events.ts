// Events on their way out of the platform's own database: to webhooks, and to parts of the server that follow them. Every
// server delivers; who works on what is agreed in the database.
import { assert, isUuid, limits } from "@hestia/core";
import {
  deleteOldDeliveries,
  deleteOldSubscribers,
  putSubscriber,
} from "@hestia/postgres/platform";
import type { Platform } from "../platform.ts";
import { deliverNext } from "./deliver.ts";
import { keepDispatching, type LaneWork, makeWake } from "./dispatcher.ts";
import { handleNext, type Subscriber } from "./subscribers.ts";

const nameShape = /^(?=.{1,30}$)[a-z]+(-[a-z]+)*$/;
const dayMs = 24 * 3_600_000;
const pruneBatch = 1_000;
const pruneBatchesMax = 20;

/** The events of a running server. */
export class Events {
  readonly #subscribers: ReadonlyMap<string, Subscriber>;
  readonly #stopping = new AbortController();
  #life: Promise<void> = Promise.resolve();

  constructor(subscribers: readonly Subscriber[]) {
    for (const { name } of subscribers)
      assert(nameShape.test(name), `a subscriber's name is lower-case words, not ${name}`);
    this.#subscribers = new Map(subscribers.map((each) => [each.name, each]));
    assert(this.#subscribers.size === subscribers.length, "two subscribers have one name");
  }

  /** Begins to deliver; resolves when nothing that happens from now on is missed. */
  async start(platform: Platform): Promise<void> {
    await this.#register(platform);
    const consumers = {
      subscribers: [...this.#subscribers.keys()],
      work: (work: LaneWork) => this.#work(platform, work),
    };
    const options = { signal: this.#stopping.signal, wake: makeWake() };
    this.#life = keepDispatching(platform, consumers, options);
  }

  /** Lets what is under way end, within a bound; what is not over then is done again by whoever comes next. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#life;
  }

  /** Takes away, in bounded steps, what is too old to be kept. */
  async tidy(platform: Platform): Promise<void> {
    const { db, now } = platform;
    const daysAgo = (days: number) => new Date(now().getTime() - days * dayMs);
    await this.#register(platform);
    await db.asPlatform((tx) => deleteOldSubscribers(tx, daysAgo(limits.subscriberDaysKept)));
    const old = { before: daysAgo(limits.deliveryDaysKept), limit: pruneBatch };
    for (let left = pruneBatchesMax; left > 0; left--)
      if ((await db.asPlatform((tx) => deleteOldDeliveries(tx, old))) < pruneBatch) return;
  }

  async #register({ db, now }: Platform): Promise<void> {
    await db.asPlatform(async (tx) => {
      for (const { name, types } of this.#subscribers.values())
        await putSubscriber(tx, { name, types, now: now() });
    });
  }

  #work(platform: Platform, work: LaneWork): Promise<boolean> {
    const { consumer } = work.lane;
    if (isUuid(consumer)) return deliverNext(platform, work);
    const subscriber = this.#subscribers.get(consumer);
    assert(subscriber !== undefined, `no lane of ${consumer} was asked for`);
    return handleNext(platform, subscriber, work);
  }
}
