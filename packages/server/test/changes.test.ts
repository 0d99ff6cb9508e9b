// What changes is told to whoever follows: everyone hears of everything, once, from any server of the platform.
import type { ChangesView } from "@hestia/api";
import { openDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ChangeFeed } from "../src/changes.ts";
import { makeChanges } from "../src/engine/changes.ts";
import type { Engine } from "../src/engine/engine.ts";
import { type Place, startPlace, type TestServer } from "./world.ts";

let place: Place;
let other: TestServer;
beforeAll(async () => {
  place = await startPlace();
  other = await place.startAnother();
});
afterAll(() => place?.end());

/** Follows one server until it is told to stop, and gathers what it hears. */
function follow({ client }: Pick<TestServer, "client">) {
  const gone = new AbortController();
  const heard: ChangesView[] = [];
  const ended = (async () => {
    for await (const notice of client.changes.follow({}, { signal: gone.signal }))
      heard.push(notice);
  })().catch(() => {});
  return {
    heard,
    types: () => heard.flatMap(({ events }) => events.map(({ type }) => type)),
    stop: async () => {
      gone.abort();
      await ended;
    },
  };
}

test("the first notice is empty, then each change comes once, to followers of every server", async () => {
  const followers = [follow(place), follow(place), follow(other)];
  for (const { heard } of followers)
    await expect.poll(() => heard[0]).toEqual({ events: [], operations: [] });
  const { operationId, id } = await place.client.tenants.create(
    { slug: "heard-of", name: "Heard of" },
    { waitSeconds: 30 },
  );
  for (const { heard, types, stop } of followers) {
    await expect
      .poll(types, { timeout: 20_000 })
      .toEqual(expect.arrayContaining(["tenant.created", "tenant.activated"]));
    const operations = heard.flatMap((notice) => notice.operations);
    expect(operations).toContain(operationId);
    expect(types().filter((type) => type === "tenant.created")).toHaveLength(1);
    expect(heard.flatMap(({ events }) => events).every(({ tenantId }) => tenantId === id)).toBe(
      true,
    );
    await stop();
  }
});

test("who comes later begins with an empty notice, and hears what is new", async () => {
  const { id } = await place.client.tenants.create(
    { slug: "not-heard", name: "Not heard of" },
    { waitSeconds: 30 },
  );
  const late = follow(place);
  await expect.poll(() => late.heard[0]).toEqual({ events: [], operations: [] });
  await place.client.tenants.suspend({ tenantId: id, reason: "Heard." });
  await expect.poll(late.types, { timeout: 20_000 }).toContain("tenant.suspended");
  await late.stop();
});

test("who is too far behind is let go, to begin anew: it would wait for ever otherwise", async () => {
  const { databaseUrl: url } = place.config;
  const db = openDatabase({ url, rolePrefix: "none", sessionName: "behind" });
  onTestFinished(() => db.close());
  const changes = makeChanges();
  const engine = { changes, stopping: new AbortController().signal } as unknown as Engine;
  const feed = new ChangeFeed({ db, engine, now: () => new Date() }, 2);
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const slow = feed.follow(gone.signal);
  await slow.next();
  const quick = feed.follow(gone.signal);
  for (let told = 0; told < 4; told += 1) {
    changes.announce(place.server.url);
    await quick.next();
  }
  let heard = 0;
  for await (const _ of slow) heard += 1;
  expect(heard).toBeLessThan(4);
  gone.abort();
});

test("a server that stops lets its followers go", async () => {
  const brief = await place.startAnother();
  const follower = follow(brief);
  await expect.poll(() => follower.heard.length).toBe(1);
  await brief.server.stop();
  await follower.stop();
});
