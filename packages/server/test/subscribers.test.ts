// Parts of the server that follow events: once at least, in each tenant's order, one at a time, and with a place that
// outlives the server.
import type { TenantId } from "@hestia/core";
import { subscriber } from "@hestia/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Events } from "../src/events/events.ts";
import { ask, createTenant, type Place, startPlace, until } from "./world.ts";

type Seen = { readonly tenantId: TenantId | undefined; readonly name: unknown };

let offsetMs = 0;
let place: Place;
let seen: Seen[] = [];
let handle: (one: Seen) => Promise<void> = async () => {};
const names = subscriber({
  name: "names",
  types: ["tenant.updated"],
  handle: async ({ tenantId, data }) => {
    const one = { tenantId, name: data.after.name };
    await handle(one);
    seen.push(one);
  },
});

beforeEach(async () => {
  offsetMs = 0;
  seen = [];
  handle = async () => {};
  const now = () => new Date(Date.now() + offsetMs);
  place = await startPlace({}, { now, subscribers: [names] });
});
afterEach(() => place.end());

let made = 0;
const tenant = async () => (await createTenant(place.client, { slug: `followed-${++made}` })).id;
const rename = (tenantId: TenantId, name: string) =>
  place.client.tenants.update({ tenantId, name }, { ifMatch: "*" });
const seenOf = (id: TenantId) => seen.flatMap((one) => (one.tenantId === id ? [one.name] : []));

test("a subscriber gets the types that it follows, in each tenant's order, one at a time", async () => {
  const ids = await Promise.all([tenant(), tenant(), tenant()]);
  await place.startAnother();
  const under = new Set<TenantId | undefined>();
  let overlaps = 0;
  handle = async ({ tenantId }) => {
    if (under.has(tenantId)) overlaps += 1;
    under.add(tenantId);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    under.delete(tenantId);
  };
  const expected = Array.from({ length: 12 }, (_, n) => `Name ${n}`);
  await Promise.all(
    ids.map(async (id) => {
      for (const name of expected) await rename(id, name);
    }),
  );
  await until("all are seen", () => seen.length >= ids.length * expected.length);
  for (const id of ids) expect(seenOf(id)).toEqual(expected);
  expect(overlaps).toBe(0);
});

test("one that fails is tried again later, and holds up its own tenant alone", async () => {
  const [bad, good] = [await tenant(), await tenant()];
  let failures = 0;
  handle = async ({ tenantId }) => {
    if (tenantId !== bad || failures >= 3) return;
    failures += 1;
    throw new Error("not yet");
  };
  await rename(bad, "First");
  await rename(bad, "Second");
  await rename(good, "First");
  await until("the other's is seen", () => seenOf(good).length === 1);
  for (let count = 1; count <= 3; count++) {
    await until(
      `${count} failures`,
      async () => failures === count && (await triesOf(bad)) === count,
    );
    expect(seenOf(bad)).toEqual([]);
    // A second, two, four, …
    offsetMs += 2 ** count * 1_000;
  }
  await until("both are seen", () => seenOf(bad).length === 2);
  expect(seenOf(bad)).toEqual(["First", "Second"]);
  expect(await triesOf(bad)).toBe(0);
});

const triesOf = async (chain: TenantId) => {
  const rows = await ask<{ tries: number }>(
    place.clone.databaseUrl,
    "select tries from platform.event_lanes where consumer = 'names' and chain = $1",
    [chain],
  );
  return rows[0]?.tries;
};

test("its place outlives the server, and what it missed comes in order", async () => {
  const id = await tenant();
  await rename(id, "Before");
  await until("it is seen", () => seen.length === 1);
  await place.server.stop();
  const { client } = await place.startAnother({}, { subscribers: [] });
  for (const name of ["One", "Two"])
    await client.tenants.update({ tenantId: id, name }, { ifMatch: "*" });
  await place.startAnother();
  await until("all are seen", () => seen.length === 3);
  expect(seenOf(id)).toEqual(["Before", "One", "Two"]);
});

test("one that is interrupted by the end of its server is called again by the next", async () => {
  const id = await tenant();
  let calls = 0;
  const begun = Promise.withResolvers<void>();
  handle = async () => {
    calls += 1;
    begun.resolve();
    if (calls === 1) await new Promise(() => {});
  };
  await rename(id, "Interrupted");
  await begun.promise;
  // Its lane is freed as if the server were gone: a handler that never returns cannot be stopped.
  await ask(
    place.clone.databaseUrl,
    "update platform.event_lanes set claimed_at = now() - interval '3 minutes'",
  );
  await until("it is called again", () => seenOf(id).length === 1);
  expect(calls).toBe(2);
});

test("one that no server has any more is forgotten after thirty days, and not before", async () => {
  await place.server.stop();
  const kept = () =>
    ask<{ name: string }>(place.clone.databaseUrl, "select name from platform.event_subscribers");
  await place.startAnother({}, { subscribers: [] });
  offsetMs += 29 * 86_400_000;
  const { server } = await place.startAnother({}, { subscribers: [] });
  expect(await kept()).toEqual([{ name: "names" }]);
  await server.stop();
  offsetMs += 2 * 86_400_000;
  await place.startAnother({}, { subscribers: [] });
  await until("it is forgotten", async () => (await kept()).length === 0);
});

test("a name is words in lower case, and no one else's", () => {
  const named = (name: string) => subscriber({ ...names, name });
  expect(() => new Events([named("Names")])).toThrow("lower-case words");
  expect(() => new Events([named("a".repeat(31))])).toThrow("lower-case words");
  expect(() => new Events([names, names])).toThrow("two subscribers");
});
