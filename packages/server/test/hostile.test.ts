// The server as a hostile client meets it: broken and slow HTTP on a bare socket, forged log lines, secrets that must
// never be told, and no way to learn what is inside.
import { once } from "node:events";
import { connect } from "node:net";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeHttp } from "../src/http.ts";
import { startProcess } from "./process.ts";
import { ask, createTenant, startWorld, testKey, until, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld("database");
});
afterAll(() => world.end());

/** Sends bytes on a bare connection and returns everything that comes back until it is closed. */
async function exchange(url: string, text: string | readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  let said = "";
  socket.on("data", (part) => {
    said += part;
  });
  socket.on("error", () => {});
  for (const part of [text].flat()) socket.write(part, "latin1");
  await once(socket, "close");
  return said;
}

const problemIn = (answer: string) =>
  JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as object;

describe("a request that is no proper HTTP", () => {
  const post = "POST /v1/tenants HTTP/1.1\r\nhost: x\r\n";
  const smuggled = "0\r\n\r\nGET /v1/tenants HTTP/1.1\r\nhost: x\r\n\r\n";
  test.each([
    [
      "names its length twice",
      `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${smuggled}`,
    ],
    ["names two lengths", `${post}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!`],
    ["is chunked in an unknown way", `${post}transfer-encoding: xchunked\r\n\r\n${smuggled}`],
    ["is chunked, but not lastly", `${post}transfer-encoding: chunked, gzip\r\n\r\n${smuggled}`],
    ["hides a field behind a space", `${post}content-length : 5\r\n\r\nhello`],
    ["folds a field", `${post}x-a: 1\r\n b: 2\r\n\r\n`],
    ["ends lines by a bare LF", "GET /healthz HTTP/1.1\nhost: x\n\n"],
    ["has no host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["has NUL in a field", "GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: \0\r\n\r\n"],
    ["has a bad chunk", `${post}transfer-encoding: chunked\r\n\r\nzz\r\n\r\n`],
    ["is TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["is HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])("is refused once and the connection closed, when it %s", async (_, text) => {
    const answer = await exchange(world.url, text);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("gets a problem like any other", async () => {
    const answer = await exchange(world.url, `${post}content-length: x\r\n\r\n`);
    expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/);
    expect(answer).toMatch(/\r\nconnection: close\r\n/);
    expect(problemIn(answer)).toMatchObject({ code: "request_malformed", status: 400 });
  });

  test.each([
    ["one long field", `x-a: ${"a".repeat(20_000)}\r\n`],
    ["many fields", "x-a: aaaaaaaa\r\n".repeat(2_000)],
  ])("is refused when its head has %s", async (_, fields) => {
    const answer = await exchange(world.url, `GET /healthz HTTP/1.1\r\nhost: x\r\n${fields}\r\n`);
    expect(problemIn(answer)).toMatchObject({ code: "headers_too_large", status: 431 });
  });

  test("cannot ask for another protocol", async () => {
    const upgrade = "connection: upgrade, close\r\nupgrade: h2c\r\n\r\n";
    const answer = await exchange(world.url, `GET /healthz HTTP/1.1\r\nhost: x\r\n${upgrade}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(world.url, "CONNECT db:5432 HTTP/1.1\r\nhost: x\r\n\r\n")).toBe("");
  });
});

describe("a connection that takes its time", () => {
  const bounds = { headersMs: 200, requestMs: 400, checkMs: 50 };
  const app = makeHttp({
    config: { trustProxy: false },
    log: pino({ level: "silent" }),
    isStopping: () => false,
    bounds,
  });
  let url: string;
  beforeAll(async () => {
    app.post("/slow", (_request, reply) => reply.send("{}"));
    url = await app.listen({ host: "127.0.0.1", port: 0 });
  });
  afterAll(() => app.close());

  test.each([
    ["says nothing", []],
    ["begins its head and never ends it", ["POST /slow HTTP/1.1\r\nhost: x\r\nx-a:"]],
    [
      "begins its body and never ends it",
      [
        "POST /slow HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
      ],
    ],
  ])("is closed when it %s", async (_, parts) => {
    const answer = await exchange(url, parts);
    if (answer !== "")
      expect(problemIn(answer)).toMatchObject({ code: "request_slow", status: 408 });
  });

  test("has bounds in earnest, too", () => {
    const usual = makeHttp({
      config: { trustProxy: false },
      log: pino({ level: "silent" }),
      isStopping: () => false,
    }).server;
    expect([usual.headersTimeout, usual.requestTimeout]).toEqual([15_000, 30_000]);
    expect(usual.maxConnections).toBeGreaterThan(0);
  });
});

describe("what a server logs", () => {
  test("is one line an event whatever is sent, and never holds a secret", async () => {
    const { clone } = world;
    const server = await startProcess(clone, {
      HESTIA_LOG_LEVEL: "trace",
      HESTIA_LOG_FORMAT: "json",
    });
    const said: string[] = [];
    server.child.stderr?.on("data", (text) => said.push(String(text)));
    const { client, url } = server;
    const { id: tenantId } = await createTenant(client, { slug: "logged", isolation: "database" });
    const forged = 'x%0d%0a{"level":50,"msg":"forged"}%1b[2J';
    const headers = { authorization: `Bearer ${testKey}` };
    await fetch(`${url}/v1/tenants/${forged}`, { headers });
    await fetch(`${url}/v1/tenants?q=${forged}`, { headers });
    await fetch(`${url}/v1/tenants`, {
      headers: { authorization: "Bearer the-wrong-key-that-someone-tried-once" },
    });
    await fetch(`${url}/v1/tenants`, { method: "POST", headers, body: `{"slug":"${testKey}` });
    await client.tenants.suspend({ tenantId, reason: "to be logged" });
    // An accident inside, with a row in its words: the log has it, without what is sealed.
    await ask(
      clone.databaseUrl,
      "alter table platform.tenants add constraint broken check (version < 4)",
    );
    const broken = await fetch(`${url}/v1/tenants/${tenantId}/resume`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: "{}",
    });
    await ask(clone.databaseUrl, "alter table platform.tenants drop constraint broken");
    expect(broken.status).toBe(500);
    expect(Object.keys((await broken.json()) as object).sort()).toEqual([
      "code",
      "detail",
      "instance",
      "status",
      "title",
      "type",
    ]);
    const [row] = await ask<{ credentials: string; sealed: string }>(
      clone.databaseUrl,
      `select (select credentials from platform.clusters) as credentials,
        (select credentials from platform.tenants where id = $1) as sealed`,
      [tenantId],
    );
    await until("all is logged", () => said.join("").includes("request failed"));
    await server.kill("SIGTERM");
    const log = said.join("");
    for (const line of log.trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(Number),
        time: expect.any(String),
      });
    expect(log).not.toMatch(/"msg":"forged"/);
    const password = decodeURIComponent(new URL(clone.databaseUrl).password);
    const secrets = {
      testKey,
      wrong: "the-wrong-key-that-someone-tried-once",
      secretKey: clone.secretKey,
      password,
      directory: new URL(clone.directoryUrl).password,
      ...row,
    };
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret.length, name).toBeGreaterThan(8);
      // Not even its beginning, as PostgreSQL shortens what it quotes.
      expect(log.includes(secret.slice(0, 24)), name).toBe(false);
    }
  });
});

test("what is open to anyone tells nothing of the inside", async () => {
  const { clone, url, zenith } = world;
  const pages = await Promise.all(
    ["/docs", "/docs/errors", "/openapi.json", "/healthz", "/readyz"].map(async (path) => {
      const response = await fetch(url + path);
      expect([...response.headers.keys()]).not.toContain("x-powered-by");
      expect(response.headers.get("server")).toBeNull();
      return response.text();
    }),
  );
  const { host } = new URL(clone.databaseUrl);
  const inside = [zenith.id, zenith.slug, host, clone.dataDatabase, import.meta.dirname];
  for (const page of pages)
    for (const word of inside) expect([word, page.includes(word)]).toEqual([word, false]);
});

test.each([
  ["refused", (url: URL) => Object.assign(url, { password: "hunter2-hunter2" }).href],
  ["no address", (url: URL) => `postgres://a:hunter2-hunter2@${url.hostname}:port/x`],
])("a password of a database that is %s is not told at the start", async (_, spoil) => {
  const { databaseUrl, secretKey } = world.clone;
  const changed = spoil(new URL(databaseUrl));
  const start = startProcess({ databaseUrl: changed, secretKey }, { HESTIA_LOG_LEVEL: "trace" });
  const { message } = await start.then(
    ({ kill }) => kill().then(() => new Error("it started")),
    (error: Error) => error,
  );
  expect(message).toMatch(/correct DATABASE_URL|must be like postgres:/);
  expect(message).not.toContain("hunter2");
});
