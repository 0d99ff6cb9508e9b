// Keys of operators as they travel: whatever a header can carry lets its owner in, however it was typed.
import { request } from "node:http";
import { createClient } from "@hestia/api";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../src/index.ts";
import { type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place.end());

/** The status of a request with these very bytes in its field. */
function statusWith(url: string, authorization: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: authorization.toString("latin1") };
    const sent = request(`${url}/v1/clusters`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject).end();
  });
}

test.each([
  ["with spaces and signs", `a key, with "spaces"; and = signs / of + all ~ kinds`],
  ["that looks like a field of its own", `Bearer Basic Bearer: ${"x".repeat(32)}`],
  ["beyond ASCII", `Schlüssel für die Tür von Hestia ÿ`],
  ["as long as a header bears", "long ".repeat(800).trim()],
])("a key %s lets its owner in, with spaces around it or not", async (_, operatorKey) => {
  const { url } = await place.startAnother({ operatorKey });
  for (const key of [operatorKey, `  ${operatorKey}\t`])
    await createClient({ baseUrl: url, key }).clusters.list();
  for (const encoding of ["latin1", "utf8"] as const)
    expect(await statusWith(url, Buffer.from(`bearer   ${operatorKey}  `, encoding))).toBe(200);
  await expect(
    createClient({ baseUrl: url, key: `${operatorKey}.` }).clusters.list(),
  ).rejects.toMatchObject({ code: "unauthenticated" });
});

test.each([
  ["has a line break", `${"k".repeat(32)}\n${"k".repeat(32)}`, /no control characters/],
  ["has letters that no header carries", `${"k".repeat(32)}\u{1f511}`, /characters of Latin-1/],
])("a key that %s is refused at the start and by the client, in words", async (_, key, words) => {
  const env = { DATABASE_URL: "postgres://x", HESTIA_SECRET_KEY: "s".repeat(32) };
  const start = () => parseConfig({ ...env, HESTIA_OPERATOR_KEY: key });
  expect(start).toThrow(/^The configuration has faults\. HESTIA_OPERATOR_KEY: /);
  expect(start).toThrow(words);
  const call = createClient({ baseUrl: place.url, key }).clusters.list();
  await expect(call).rejects.toMatchObject({
    code: "configuration_invalid",
    message: expect.stringMatching(words),
  });
});

const enter = (key: string) => createClient({ baseUrl: place.url, key });
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "",
    (error: { code?: string }) => error.code,
  );

test("a key that is made is shown once, lets its owner in, and nobody once it is revoked", async () => {
  const made = await place.client.operatorKeys.create({ name: "Ada's laptop" });
  expect(made.secret).toMatch(/^hst_[\w-]{43}$/);
  const ada = enter(made.secret);
  expect((await ada.session.get({})).operator).toEqual({ id: made.id, name: "Ada's laptop" });
  const { items } = await ada.operatorKeys.list();
  expect(items[0]).toEqual({ id: made.id, name: "Ada's laptop", createdAt: made.createdAt });
  expect(JSON.stringify(items)).not.toContain(made.secret);
  const revoked = await place.client.operatorKeys.revoke({ operatorKeyId: made.id });
  expect(revoked.revokedAt).toBeDefined();
  expect(await codeOf(ada.session.get({}))).toBe("unauthenticated");
  // Asking again changes nothing, not even the time.
  expect(await place.client.operatorKeys.revoke({ operatorKeyId: made.id })).toEqual(revoked);
});

test("its sessions end with a key, and with signing out everywhere, the one of the key itself not", async () => {
  const made = await place.client.operatorKeys.create({ name: "Grace" });
  const signIn = async () => {
    const answer = await fetch(`${place.url}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: place.url },
      body: JSON.stringify({ key: made.secret }),
    });
    const headers = {
      cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "",
      origin: place.url,
    };
    return createClient({ baseUrl: place.url, headers });
  };
  const [one, other] = [await signIn(), await signIn()];
  const { items } = await one.session.list();
  expect(items.map(({ current }) => current).sort()).toEqual([false, true]);
  expect(await one.session.endAll()).toEqual({ ended: 2 });
  expect(await codeOf(other.session.get({}))).toBe("unauthenticated");
  expect((await enter(made.secret).session.list()).items).toEqual([]);
  const again = await signIn();
  await place.client.operatorKeys.revoke({ operatorKeyId: made.id });
  expect(await codeOf(again.session.get({}))).toBe("unauthenticated");
});

test("the last key cannot be revoked, also not by two that revoke each other at once", async () => {
  const other = await startPlace();
  onTestFinished(() => other.end());
  const { url, client: first } = other;
  const { id: own } = (await first.session.get({})).operator;
  expect(await codeOf(first.operatorKeys.revoke({ operatorKeyId: own }))).toBe("operator_key_last");
  const made = await first.operatorKeys.create({ name: "The other" });
  const second = createClient({ baseUrl: url, key: made.secret });
  const codes = await Promise.all([
    codeOf(first.operatorKeys.revoke({ operatorKeyId: made.id })),
    codeOf(second.operatorKeys.revoke({ operatorKeyId: own })),
  ]);
  // The later finds itself alone, or out.
  expect(codes.filter((code) => code === "")).toHaveLength(1);
  const open = await Promise.all([first, second].map((each) => codeOf(each.session.get({}))));
  expect(open.filter((code) => code === "")).toHaveLength(1);
});

test("a key that was revoked stays so, also where a server is started with it", async () => {
  const operatorKey = "a configured key of another server 0123456789";
  const { url } = await place.startAnother({ operatorKey });
  const client = createClient({ baseUrl: url, key: operatorKey });
  const { id } = (await client.session.get({})).operator;
  await place.client.operatorKeys.revoke({ operatorKeyId: id });
  const again = await place.startAnother({ operatorKey });
  const call = createClient({ baseUrl: again.url, key: operatorKey }).session.get({});
  expect(await codeOf(call)).toBe("unauthenticated");
});
