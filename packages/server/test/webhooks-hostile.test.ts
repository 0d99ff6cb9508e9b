// Receivers that mean harm, and names that lead where they should not: each costs its own deliveries alone, the outcome
// says what was wrong, and nothing is ever sent to an address that was not judged.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { WebhookId } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listening, type Receiver, startReceiver } from "./receiver.ts";
import { ask, createTenant, type Place, startPlace, until } from "./world.ts";

let place: Place;
let good: Receiver;
/** What each name leads to, changed by the tests; the resolver takes the first of the list away. */
const names = new Map<string, string[][]>();
const resolved: string[] = [];

beforeAll(async () => {
  const resolve = async (host: string) => {
    resolved.push(host);
    const answers = names.get(host) ?? [];
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
  };
  place = await startPlace({ webhookAllow: ["127.0.0.1"] }, { resolve });
  good = await startReceiver();
});
afterAll(async () => {
  await place.end();
  await good.end();
});

let made = 0;
const tried = async (url: string) => {
  const { id: webhookId } = await place.client.webhooks.create({
    name: `Hook ${++made}`,
    url,
    eventTypes: ["webhook.test"],
  });
  const { attempts } = await place.client.webhooks.test({ webhookId });
  await place.client.webhooks.delete({ webhookId });
  const [attempt] = attempts;
  expect.assert(attempt !== undefined, "it was tried");
  return attempt;
};

/** Serves bytes as they are. */
async function withTcp<T>(serve: (socket: Socket) => void, work: (url: string) => Promise<T>) {
  const sockets = new Set<Socket>();
  const server: TcpServer = createTcpServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    serve(socket);
  });
  const url = await listening(server as unknown as Server);
  try {
    return await work(url);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function withHttp<T>(
  serve: (response: ServerResponse) => void,
  work: (url: string) => Promise<T>,
) {
  const server = createServer((_request, response) => serve(response.on("error", () => {})));
  const url = await listening(server);
  try {
    return await work(url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("a receiver", () => {
  test.each([301, 302, 303, 307, 308])("that redirects by %d is not followed", async (status) => {
    const before = good.received.length;
    for (const location of [good.url, "http://169.254.169.254/latest/meta-data"]) {
      const attempt = await withHttp(
        (response) => response.writeHead(status, { location }).end(),
        tried,
      );
      expect(attempt).toMatchObject({ statusCode: status });
      expect(attempt.error).toContain("a redirection, and none is followed");
    }
    expect(good.received.length).toBe(before);
  });

  test("whose body has no end is cut off and counts as having answered", async () => {
    const endless = (response: ServerResponse) => {
      response.writeHead(200);
      const more = () => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", more);
      };
      more();
    };
    const attempt = await withHttp(endless, tried);
    expect(attempt).toMatchObject({ statusCode: 200, response: "x".repeat(1_000) });
    expect(attempt.durationMs).toBeLessThan(10_000);
    expect(attempt).not.toHaveProperty("error");
  });

  test("whose body is a bomb has it left packed", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const attempt = await withHttp(
      (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
      tried,
    );
    expect(attempt).toMatchObject({ statusCode: 200 });
    expect(attempt.response?.length).toBeLessThanOrEqual(1_000);
  });

  test("that answers 200 and breaks off later has the event", async () => {
    const attempt = await withTcp(
      (socket) =>
        socket.once("data", () =>
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", () =>
            socket.resetAndDestroy(),
          ),
        ),
      tried,
    );
    expect(attempt).toMatchObject({ statusCode: 200 });
    expect(attempt).not.toHaveProperty("error");
  });

  test.each<[string, string, (socket: Socket) => void]>([
    ["resets the connection", "broken off", (socket) => socket.resetAndDestroy()],
    ["hangs up at once", "broken off", (socket) => socket.end()],
    [
      "says nothing that is HTTP",
      "is not HTTP",
      (socket) => socket.write("220 mail.example.com ESMTP\r\n"),
    ],
    [
      "sends header fields without end",
      "header fields are larger",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n`),
    ],
    [
      "sends a great many header fields",
      "header fields are larger",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(20_000)}\r\n`),
    ],
    [
      "answers twice as long in two ways",
      "is not HTTP",
      (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
    ],
    [
      "changes the protocol",
      "another protocol",
      (socket) =>
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        ),
    ],
  ])("that %s fails, and says so", async (_what, sentence, serve) => {
    const attempt = await withTcp((socket) => socket.once("data", () => serve(socket)), tried);
    expect(attempt.error).toContain(sentence);
    expect(attempt).not.toHaveProperty("statusCode");
  });

  test("that sends its header fields byte by byte is given up after fifteen seconds", async () => {
    const loris = (socket: Socket) => {
      socket.write("HTTP/1.1 200 OK\r\nx: ");
      const timer = setInterval(() => socket.write("y"), 200);
      socket.once("close", () => clearInterval(timer));
    };
    const attempt = await withTcp(loris, tried);
    expect(attempt.error).toBe("There was no answer within 15 seconds.");
    expect(attempt.durationMs).toBeGreaterThan(14_000);
    expect(attempt.durationMs).toBeLessThan(20_000);
  });

  test("that interims without end is given up as well", async () => {
    const interim = (socket: Socket) => {
      const timer = setInterval(() => socket.write("HTTP/1.1 102 Processing\r\n\r\n"), 50);
      socket.once("close", () => clearInterval(timer));
    };
    expect((await withTcp(interim, tried)).error).toBe("There was no answer within 15 seconds.");
  });

  test("where nothing listens is told so", async () => {
    expect((await tried("http://127.0.0.1:1/")).error).toBe("The connection was refused.");
  });

  test("whose answer has control characters leaves none in the log", async () => {
    const attempt = await withHttp(
      (response) => response.writeHead(500).end("a\u0000\u001b[31mb\ud800\n"),
      tried,
    );
    expect(attempt.response).toBe("a\uFFFD\uFFFD[31mb\uFFFD\n");
  });
});

describe("a certificate", () => {
  let folder: string;
  let server: Server;
  let port: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hestia-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
    ];
    const subject = ["-keyout", key, "-out", cert, "-subj", "/CN=127.0.0.1", "-days", "2"];
    await promisify(execFile)("openssl", [...request, ...subject]);
    const options = { key: await readFile(key), cert: await readFile(cert) };
    server = createTlsServer(options, (_request, response) => response.end()) as unknown as Server;
    ({ port } = new URL(await listening(server)));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  test("that nobody vouches for is refused, also where the environment is lax", async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      const { error } = await tried(`https://127.0.0.1:${port}/`);
      expect(error).toContain("certificate is not valid (DEPTH_ZERO_SELF_SIGNED_CERT)");
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  test("is wanted: plain HTTP behind https is no secure connection", async () => {
    const attempt = await withHttp(
      (response) => response.end(),
      (url) => tried(url.replace("http:", "https:")),
    );
    expect(attempt.error).toMatch(/^No secure connection could be made/);
  });
});

describe("a name", () => {
  test.each([
    ["127.0.0.2"],
    ["169.254.169.254"],
    ["10.0.0.7"],
    ["::1"],
    ["::ffff:169.254.169.254"],
    ["64:ff9b::a9fe:a9fe"],
    ["fd00:ec2::254"],
  ])("that leads to %s is not sent to", async (address) => {
    names.set("inside.example.com", [[address]]);
    const { error } = await tried("https://inside.example.com/");
    expect(error).toContain("leads to an address that is not public");
  });

  test("that leads outside and inside at once is not sent to", async () => {
    names.set("both.example.com", [["93.184.216.34", "10.0.0.7"]]);
    expect((await tried("https://both.example.com/")).error).toContain("not public");
  });

  test("that changes between look and use is looked up once, and what was judged is used", async () => {
    const { port } = new URL(good.url);
    names.set("rebinding.example.com", [["127.0.0.1"], ["169.254.169.254"]]);
    resolved.length = 0;
    const before = good.received.length;
    const url = `http://rebinding.example.com:${port}/`;
    // Plain http to a name is refused when it is saved, so it is saved as https.
    const { id: webhookId } = await place.client.webhooks.create({
      name: "Rebinding",
      url: url.replace("http:", "https:"),
    });
    await ask(place.clone.databaseUrl, "update platform.webhooks set url = $2 where id = $1", [
      webhookId,
      url,
    ]);
    const { attempts } = await place.client.webhooks.test({ webhookId });
    expect([attempts[0]?.statusCode, resolved]).toEqual([204, ["rebinding.example.com"]]);
    expect(good.received.at(before)?.headers.host).toBe(`rebinding.example.com:${port}`);
    const second = await place.client.webhooks.test({ webhookId });
    expect(second.attempts[0]?.error).toContain("not public");
    await place.client.webhooks.delete({ webhookId });
  });

  test("that leads nowhere is told so", async () => {
    names.set("nowhere.example.com", [[]]);
    expect((await tried("https://nowhere.example.com/")).error).toBe(
      "The host name leads to no address.",
    );
  });
});

test("receivers that hang hold up no one but themselves", async () => {
  const hanging = await startReceiver();
  hanging.answer(() => {});
  const eventTypes = ["tenant.updated" as const];
  const slow: WebhookId[] = [];
  for (let count = 0; count < 8; count++)
    slow.push(
      (
        await place.client.webhooks.create({
          name: `Hanging ${count}`,
          url: hanging.url,
          eventTypes,
        })
      ).id,
    );
  const { id } = await place.client.webhooks.create({ name: "Quick", url: good.url, eventTypes });
  const tenants = await Promise.all(
    Array.from({ length: 6 }, (_, index) => createTenant(place.client, { slug: `slow-${index}` })),
  );
  const before = good.received.length;
  for (const { id: tenantId } of tenants)
    await place.client.tenants.update({ tenantId, name: "Renamed" }, { ifMatch: "*" });
  await until("the quick one has all", () => good.received.length === before + 6, 5_000);
  // Of each no more than its share is under way.
  expect(hanging.received.length).toBeLessThanOrEqual(8 * 4);
  for (const webhookId of [...slow, id]) await place.client.webhooks.delete({ webhookId });
  await hanging.end();
});
