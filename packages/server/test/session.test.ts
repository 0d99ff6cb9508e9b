// A browser's session: what its cookie opens, for whom it does not, and when it ends.
import { withClient } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant, type Place, startPlace, testKey } from "./world.ts";

let place: Place;
let now = Date.now();
beforeAll(async () => {
  place = await startPlace({ trustProxy: true }, { now: () => new Date(now) });
});
afterAll(() => place?.end());

const ask = (path: string, init: RequestInit = {}) => fetch(`${place.url}${path}`, init);

const enter = (headers: Record<string, string> = {}, key = testKey) =>
  ask("/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", origin: place.url, ...headers },
    body: JSON.stringify({ key }),
  });

async function cookieOf(answer: Response): Promise<string> {
  return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

const codeOf = async (answer: Response) => ((await answer.json()) as { code?: string }).code;

test("stands for the key in what is read, and in what this very origin changes", async () => {
  const answer = await enter();
  expect(answer.status).toBe(200);
  expect(answer.headers.get("set-cookie")).toMatch(
    /^hestia_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  const cookie = await cookieOf(answer);
  const session = (await (await ask("/v1/session", { headers: { cookie } })).json()) as {
    operator: { name: string };
    expiresAt: string;
  };
  expect(new Date(session.expiresAt).getTime()).toBe(now + 12 * 3_600_000);
  const create = (headers: Record<string, string>) =>
    ask("/v1/tenants", {
      method: "POST",
      headers: { cookie, "content-type": "application/json", ...headers },
      body: JSON.stringify({ slug: "by-cookie", name: "By cookie" }),
    });
  const refused = [
    {},
    { origin: "null" },
    { origin: "http://acme.localhost" },
    { origin: place.url, "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
    { origin: `${place.url}.example.com`, "sec-fetch-site": "cross-site" },
    { origin: "http://evil.example", "sec-fetch-site": "same-origin" },
  ];
  for (const headers of refused) {
    const given = await create(headers as Record<string, string>);
    expect([headers, given.status, await codeOf(given)]).toEqual([headers, 403, "origin_refused"]);
  }
  expect((await create({ origin: place.url })).status).toBe(202);
});

test("is read with by this origin, by a person who typed an address and by what is no browser, and by no other site", async () => {
  const cookie = await cookieOf(await enter());
  const read = (headers: Record<string, string>, path = "/v1/tenants") =>
    ask(path, { headers: { cookie, ...headers } });
  for (const headers of [
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
    { origin: "http://acme.localhost" },
    { origin: "null", "sec-fetch-site": "same-origin" },
  ] as Record<string, string>[])
    for (const path of ["/v1/tenants", "/v1/changes", "/v1/session"]) {
      const given = await read(headers, path);
      expect([headers, path, given.status]).toEqual([headers, path, 403]);
      expect(await codeOf(given)).toBe("origin_refused");
    }
  for (const headers of [
    {},
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "same-origin" },
    { origin: place.url, "sec-fetch-site": "same-origin" },
  ] as Record<string, string>[])
    expect([headers, (await read(headers)).status]).toEqual([headers, 200]);
});

test("does not begin at a tenant's host, by its slug or its own domain", async () => {
  const { port } = new URL(place.url);
  await createTenant(place.client, { slug: "has-a-page", domain: "app.has-a-page.test" });
  // Fetch lets nobody say another host; what a proxy says of it is believed here.
  const at = (host: string) =>
    enter({ "x-forwarded-host": host, origin: `http://${host}` }).then(async (answer) => [
      host,
      answer.status,
      answer.headers.get("set-cookie") !== null,
    ]);
  // Until it is proven to be the tenant's, a domain is not served: nobody is locked out by a claim.
  expect(await at("app.has-a-page.test")).toEqual(["app.has-a-page.test", 200, true]);
  await withClient(place.clone.databaseUrl, (client) =>
    client.query("update platform.tenants set domain_verified_at = now()"),
  );
  for (const host of [
    `has-a-page.localhost:${port}`,
    "HAS-A-PAGE.localhost.",
    "app.has-a-page.test",
  ])
    expect(await at(host)).toEqual([host, 403, false]);
  for (const host of [`localhost:${port}`, "nobody.localhost", "hestia.example.net", "[::1]:80"])
    expect(await at(host)).toEqual([host, 200, true]);
});

test("is not begun from another site, with a wrong key or with none", async () => {
  expect(await codeOf(await enter({ origin: "http://evil.example" }))).toBe("origin_refused");
  expect(await codeOf(await enter({ "sec-fetch-site": "cross-site" }))).toBe("origin_refused");
  const wrong = await enter({}, "a wrong key that is long enough to be one");
  expect([wrong.status, wrong.headers.get("set-cookie")]).toEqual([401, null]);
  expect((await enter({}, "")).status).toBe(422);
});

test("ends after twelve hours, and after two without use", async () => {
  const [busy, idle] = [await cookieOf(await enter()), await cookieOf(await enter())];
  const status = async (cookie: string) =>
    (await ask("/v1/session", { headers: { cookie } })).status;
  for (let hour = 1; hour <= 11; hour += 1) {
    now += 3_600_000;
    expect(await status(busy)).toBe(200);
  }
  expect(await status(idle)).toBe(401);
  now += 3_600_000;
  expect(await status(busy)).toBe(401);
});

test("ends with signing out, and with its key", async () => {
  const cookie = await cookieOf(await enter());
  const end = await ask("/v1/session", {
    method: "DELETE",
    headers: { cookie, origin: place.url },
  });
  expect([end.status, end.headers.get("set-cookie")]).toEqual([
    200,
    "hestia_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
  ]);
  expect((await ask("/v1/session", { headers: { cookie } })).status).toBe(401);
  const other = await cookieOf(await enter());
  await withClient(place.clone.databaseUrl, (client) =>
    client.query("update platform.operator_keys set revoked_at = now()"),
  );
  expect((await ask("/v1/session", { headers: { cookie: other } })).status).toBe(401);
  await withClient(place.clone.databaseUrl, (client) =>
    client.query("update platform.operator_keys set revoked_at = null"),
  );
});

test("over TLS is a cookie of this host alone, and a forged one opens nothing", async () => {
  const { host } = new URL(place.url);
  const answer = await enter({ "x-forwarded-proto": "https", origin: `https://${host}` });
  expect(answer.headers.get("set-cookie")).toMatch(/^__Host-hestia_session=.*; Secure$/);
  for (const cookie of [`hestia_session=${"A".repeat(43)}`, "hestia_session=", "hestia_session"])
    expect((await ask("/v1/session", { headers: { cookie } })).status).toBe(401);
  const secure = await cookieOf(answer);
  const behind = { "x-forwarded-proto": "https" };
  expect((await ask("/v1/session", { headers: { cookie: secure, ...behind } })).status).toBe(200);
  // A neighbouring host can set the plain one, and cannot put it before ours.
  const planted = `hestia_session=${"A".repeat(43)}; ${secure}`;
  expect((await ask("/v1/session", { headers: { cookie: planted, ...behind } })).status).toBe(200);
  const plain = secure.replace("__Host-", "");
  expect((await ask("/v1/session", { headers: { cookie: plain, ...behind } })).status).toBe(401);
  const kept = await withClient(place.clone.databaseUrl, (client) =>
    client.query("select * from platform.operator_sessions"),
  );
  const token = (await cookieOf(answer)).split("=")[1] ?? "";
  expect(token).toHaveLength(43);
  expect(JSON.stringify(kept.rows)).not.toContain(token);
});

test("the key itself needs no origin, and is told of without an end", async () => {
  const session = await place.client.session.get({});
  expect(session.expiresAt).toBeUndefined();
});
