// The client against a real HTTP server that answers by the contract: its requests are read by
// parseInput, its errors are written by toProblem.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HestiaError, type HoldId, type OperationId, type TenantId } from "@hestia/core";
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { type Client, createClient } from "./client.ts";
import type { OperationView } from "./operations.ts";
import { paginate } from "./paginate.ts";
import { toProblem } from "./problem.ts";
import { routes } from "./routes.ts";
import type { CreatedTenantView, TenantView } from "./tenants.ts";
import { parseInput } from "./validate.ts";

const tenantId = "0197f0a0-0000-7000-8000-000000000001" as TenantId;
const operationId = "0197f0a0-0000-7000-8000-000000000002" as OperationId;
const tenant: TenantView = {
  id: tenantId,
  slug: "acme",
  name: "Acme",
  status: "active",
  isolation: "shared",
  placement: { cluster: "main" },
  plan: "standard",
  settings: {},
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  version: 1,
};

type Received = { method: string; url: URL; headers: IncomingMessage["headers"]; text: string };
let received: Received[] = [];
let answer: (request: Received, response: ServerResponse) => void;

const server = createServer(async (request, response) => {
  let text = "";
  for await (const part of request) text += part;
  const url = new URL(request.url ?? "", "http://server");
  const seen = { method: request.method ?? "", url, headers: request.headers, text };
  received.push(seen);
  try {
    answer(seen, response);
  } catch (error) {
    const { status, headers, body } = toProblem(error, "req-1");
    response.writeHead(status, headers).end(JSON.stringify(body));
  }
});
let client: Client;
let baseUrl: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createClient({ baseUrl: `${baseUrl}/`, key: "k".repeat(32) });
});
afterAll(() => void server.close());
beforeEach(() => {
  received = [];
  answer = (_, response) => json(response, 200, tenant);
});

function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}

describe("a call", () => {
  test("puts each member where the contract says, and its options into header fields", async () => {
    await client.tenants.suspend(
      { tenantId, reason: "Unpaid.", mode: "readonly" },
      { idempotencyKey: "once", requestId: "req-7" },
    );
    const [request] = received;
    expect(request).toMatchObject({
      method: "POST",
      url: { pathname: `/v1/tenants/${tenantId}/suspend` },
    });
    expect(JSON.parse(request?.text ?? "")).toEqual({ reason: "Unpaid.", mode: "readonly" });
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${"k".repeat(32)}`,
      "content-type": "application/json",
      "idempotency-key": "once",
      "x-request-id": "req-7",
    });
  });

  test("sends a list in a query so that the contract reads it back", async () => {
    answer = ({ url }, response) =>
      json(response, 200, {
        items: [],
        read: parseInput(routes.tenants.list, { query: Object.fromEntries(url.searchParams) }),
      });
    const input = {
      status: ["active" as const, "readonly" as const],
      limit: 7,
      q: "a&b",
      plan: undefined,
    };
    expect(await client.tenants.list(input)).toMatchObject({
      read: { status: ["active", "readonly"], limit: 7, q: "a&b", sort: "-createdAt" },
    });
  });

  test("sends a merge patch as one, with null and with the tag that was read", async () => {
    await client.tenants.update({ tenantId, domain: null }, { ifMatch: '"1"' });
    expect(received[0]?.text).toBe('{"domain":null}');
    expect(received[0]?.headers).toMatchObject({
      "content-type": "application/merge-patch+json",
      "if-match": '"1"',
    });
  });

  test("cannot leave its path by a member of it", async () => {
    await client.tenants.get({ tenantId: "../operations?x#y" as TenantId });
    expect(received[0]?.url.pathname).toBe("/v1/tenants/..%2Foperations%3Fx%23y");
  });

  test("returns the body, or with withResponse what came beside it", async () => {
    answer = (_, response) =>
      json(
        response,
        202,
        { ...tenant, operationId },
        { etag: '"1"', location: "/v1/operations/1", "x-request-id": "r" },
      );
    const input = { slug: "acme", name: "Acme" };
    expect(await client.tenants.create(input, { waitSeconds: 30 })).toHaveProperty("operationId");
    expect(received[0]?.headers.prefer).toBe("wait=30");
    expect(await client.tenants.create.withResponse(input)).toMatchObject({
      status: 202,
      body: { slug: "acme" },
      etag: '"1"',
      location: "/v1/operations/1",
      requestId: "r",
    });
  });
});

test.each(["..", ".", ""])(
  "an id that is %j is not sent: it would lead to what is above",
  async (id) => {
    const call = client.holds.lift({ tenantId, holdId: id as HoldId, reason: "Lifted." });
    await expect(call).rejects.toMatchObject({
      code: "invalid_input",
      faults: [{ pointer: "/holdId", message: "holdId must be an id." }],
    });
    expect(received).toEqual([]);
  },
);

describe("a failure", () => {
  test("is thrown as the error that the server told of", async () => {
    answer = ({ text }) => void parseInput(routes.tenants.create, { body: JSON.parse(text) });
    const failed = client.tenants
      .create({ slug: "WWW", name: "" })
      .catch((error: unknown) => error);
    expect(await failed).toBeInstanceOf(HestiaError);
    expect(await failed).toMatchObject({
      code: "invalid_input",
      kind: "invalid",
      details: { status: 422, requestId: "req-1" },
    });
    expect(((await failed) as HestiaError).faults?.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(["/slug", "/name"]),
    );
  });

  test("tells when to try again", async () => {
    answer = () => {
      throw new HestiaError("tenant_not_ready", { retryAfterSeconds: 2 });
    };
    await expect(client.tenant.get()).rejects.toMatchObject({ details: { retryAfterSeconds: 2 } });
  });

  test("of another server than Hestia is told from Hestia's own", async () => {
    answer = (_, response) => void response.writeHead(502).end("<html>Bad Gateway</html>");
    await expect(client.tenants.get({ tenantId })).rejects.toMatchObject({
      code: "response_unexpected",
      details: { status: 502 },
    });
    answer = (_, response) =>
      void response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    await expect(client.tenants.get({ tenantId })).rejects.toMatchObject({
      code: "response_unexpected",
    });
  });

  test("to reach the server names its address", async () => {
    const nobody = createClient({ baseUrl: "http://127.0.0.1:1" });
    await expect(nobody.service.health()).rejects.toMatchObject({
      code: "server_unreachable",
      message: expect.stringContaining("http://127.0.0.1:1"),
    });
  });

  test("by the caller's own will is the caller's own reason", async () => {
    const reason = new Error("enough");
    const call = client.tenants.get({ tenantId }, { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });

  test("that the contract has as an answer is none", async () => {
    const body = { status: "not_ready", checks: [{ name: "database", ok: false }] };
    answer = (_, response) => json(response, 503, body);
    expect(await client.service.readiness.withResponse()).toMatchObject({ status: 503, body });
  });
});

test("paginate asks for the next page when the items of one are used up", async () => {
  answer = ({ url }, response) => {
    const cursor = url.searchParams.get("cursor");
    json(response, 200, cursor === "next" ? { items: [3] } : { items: [1, 2], nextCursor: "next" });
  };
  const items = [];
  for await (const item of paginate(client.tenants.list, { status: ["active"] })) items.push(item);
  expect(items).toEqual([1, 2, 3]);
  expect(received.map(({ url }) => url.search)).toEqual([
    "?status=active",
    "?status=active&cursor=next",
  ]);
});

describe("an operation's events", () => {
  const operation = (progress: number, finishedAt?: string) =>
    JSON.stringify({
      id: operationId,
      progress,
      ...(finishedAt === undefined ? {} : { finishedAt }),
    });
  const event = (id: number, data: string) => `id: ${id}\nevent: operation\ndata: ${data}\n\n`;
  const stream = (response: ServerResponse) =>
    response.writeHead(200, { "content-type": "text/event-stream" });

  test("come until it is finished, over a connection that breaks and is taken up again", async () => {
    answer = ({ headers }, response) => {
      if (headers["last-event-id"] === undefined) {
        stream(response).write(`: hello\n\n${event(1, operation(0.5))}`);
        setTimeout(() => response.destroy(), 20);
      } else stream(response).end(event(2, operation(1, "2026-01-01T00:00:00Z")));
    };
    const seen: number[] = [];
    for await (const { progress } of client.operations.events({ operationId })) seen.push(progress);
    expect(seen).toEqual([0.5, 1]);
    expect(received.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1"]);
  });

  test("come over another connection when one says nothing any more", async () => {
    const isSilent = Promise.withResolvers<void>();
    answer = ({ headers }, response) => {
      if (headers["last-event-id"] !== undefined)
        stream(response).end(event(2, operation(1, "2026-01-01T00:00:00Z")));
      else stream(response).write(event(1, operation(0.5)), () => isSilent.resolve());
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const events = client.operations.events({ operationId })[Symbol.asyncIterator]();
      await events.next();
      const next = events.next();
      await isSilent.promise;
      await vi.advanceTimersByTimeAsync(60_000);
      expect((await next).value).toMatchObject({ progress: 1 });
    } finally {
      vi.useRealTimers();
    }
  });

  test("of an operation that is not there are its error", async () => {
    answer = () => {
      throw new HestiaError("operation_not_found");
    };
    const follow = async () => {
      for await (const _ of client.operations.events({ operationId }));
    };
    await expect(follow()).rejects.toMatchObject({ code: "operation_not_found" });
    expect(received).toHaveLength(1);
  });

  test("leave no connection behind when the caller has seen enough", async () => {
    const closed = new Promise<void>((resolve) => {
      answer = (_, response) => {
        stream(response).write(event(1, operation(0.5)));
        response.once("close", resolve);
      };
    });
    for await (const _ of client.operations.events({ operationId })) break;
    await closed;
  });
});

test("types follow the contract", () => {
  expectTypeOf<ReturnType<Client["tenants"]["get"]>>().resolves.toEqualTypeOf<TenantView>();
  expectTypeOf<
    ReturnType<Client["tenants"]["create"]>
  >().resolves.toEqualTypeOf<CreatedTenantView>();
  expectTypeOf<ReturnType<Client["operations"]["events"]>>().toEqualTypeOf<
    AsyncIterable<OperationView>
  >();
  // @ts-expect-error a patch needs the tag that was read
  const patchWithoutTag = () => client.tenants.update({ tenantId, name: "Acme" });
  // @ts-expect-error a slug is a text
  const numberAsSlug = () => client.tenants.create({ slug: 1, name: "Acme" });
  // @ts-expect-error reading has nothing to wait for
  const waitingForNothing = () => client.tenants.get({ tenantId }, { waitSeconds: 3 });
  expect([patchWithoutTag, numberAsSlug, waitingForNothing]).toHaveLength(3);
});
