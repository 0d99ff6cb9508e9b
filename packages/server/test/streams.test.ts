// Streams of events end with what opened them, and a key holds so many at once.
import { createClient } from "@hestia/api";
import { limits, type OperatorKeyId } from "@hestia/core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createTenant, type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place?.end());

const makeKey = (name: string) => place.client.operatorKeys.create({ name });

async function enter(key: string): Promise<string> {
  const answer = await fetch(`${place.url}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: place.url },
    body: JSON.stringify({ key }),
  });
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

/** Follows changes until the stream ends; what came of it is gathered. */
async function follow(headers: Record<string, string>) {
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const answer = await fetch(`${place.url}/v1/changes`, { headers, signal: gone.signal });
  const heard = { text: "", isOver: false };
  const over = (async () => {
    for await (const part of answer.body?.pipeThrough(new TextDecoderStream()) ?? [])
      heard.text += part;
    heard.isOver = true;
  })().catch(() => {});
  return { status: answer.status, heard, over, leave: () => gone.abort() };
}

test("a stream ends with its session or its key, and tells nothing of what comes after", async () => {
  const [one, two] = [await makeKey("One"), await makeKey("Two")];
  const cookie = await enter(one.secret);
  const left = await follow({ cookie });
  const ofSession = await follow({ cookie: await enter(two.secret) });
  const ofKey = await follow({ authorization: `Bearer ${two.secret}` });
  const stays = await follow({ authorization: `Bearer ${one.secret}` });
  for (const { heard } of [left, ofSession, ofKey, stays])
    await expect.poll(() => heard.text).toContain("event: change");
  await fetch(`${place.url}/v1/session`, {
    method: "DELETE",
    headers: { cookie, origin: place.url },
  });
  await left.over;
  await place.client.operatorKeys.revoke({ operatorKeyId: two.id as OperatorKeyId });
  await Promise.all([ofSession.over, ofKey.over]);
  await createTenant(place.client, { slug: "after-all" });
  await expect.poll(() => stays.heard.text, { timeout: 20_000 }).toContain("tenant.activated");
  expect(stays.heard.isOver).toBe(false);
  for (const { heard } of [left, ofSession, ofKey]) {
    expect(heard.isOver).toBe(true);
    expect(heard.text).not.toContain("tenant.");
  }
  expect(left.heard.text).not.toContain("session.ended");
});

test("a key holds so many streams on one server, whatever its sessions; one that ends makes room", async () => {
  const { secret } = await makeKey("Many");
  const cookie = await enter(secret);
  const open = await Promise.all(
    Array.from({ length: limits.streamsPerKeyMax }, (_, at) =>
      follow(at % 2 === 0 ? { cookie } : { authorization: `Bearer ${secret}` }),
    ),
  );
  expect(open.every(({ status }) => status === 200)).toBe(true);
  const another = createClient({ baseUrl: place.url, key: secret });
  const first = () => another.changes.follow({}, {})[Symbol.asyncIterator]().next();
  await expect(first()).rejects.toMatchObject({ code: "too_many_streams", kind: "limited" });
  expect(
    (await follow({ authorization: `Bearer ${(await makeKey("Other")).secret}` })).status,
  ).toBe(200);
  open[0]?.leave();
  await expect.poll(async () => (await follow({ cookie })).status).toBe(200);
});
