// The contract bound to HTTP: authenticate, authorise, parse (all faults), idempotency, handler, check the answer against
// the contract, send. Every route goes this one way; a route without a handler, or a handler without a route, is a bug.
import {
  etagOf,
  listRoutes,
  type NamedRoute,
  parseInput,
  parsePreferWait,
  type Route,
  schemaFaults,
} from "@hestia/api";
import { type AnyId, assert, HestiaError, type JsonValue, limits, makeId } from "@hestia/core";
import { tenantPlugin } from "@hestia/middleware/fastify";
import type { Hestia } from "@hestia/postgres";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { admit, boundStreams, isStillAdmitted } from "./admission.ts";
import type { OperatorContext, PublicContext, TenantContext } from "./context.ts";
import { writeEvents } from "./events-stream.ts";
import type { StreamEvent } from "./handlers.ts";
import { answerOnce, parseIdempotencyKey } from "./idempotency.ts";
import type { Platform } from "./platform.ts";

type AnyAnswer = { status: number; body: unknown; headers?: Readonly<Record<string, string>> };
type AnyHandler = (
  context: unknown,
  input: unknown,
) => Promise<AnyAnswer | AsyncIterable<StreamEvent<unknown>>>;

/** The handlers of all slices, by slice and name. */
export type AllHandlers = { readonly [slice: string]: { readonly [name: string]: unknown } };

type Bound = BoundOptions & {
  /** Takes a place among the open streams of a key, and returns how it is given back; throws `too_many_streams`. */
  readonly openStream: (keyId: string) => () => void;
};

/** What the binding is given. */
export type BoundOptions = {
  /** Returns the platform; throws `database_unavailable` while it is not ready. */
  readonly platform: () => Platform;
  /** The domain under which slugs are hosts. */
  readonly baseDomain: string;
  /** Further names of the server's own, which are no tenant's. */
  readonly hosts: readonly string[];
};

/** Binds every route of the contract. */
export function bindRoutes(
  app: FastifyInstance,
  handlers: AllHandlers,
  options: BoundOptions,
): void {
  const bound: Bound = { ...options, openStream: boundStreams() };
  const named = listRoutes();
  checkComplete(named, handlers);
  const bind = (scope: FastifyInstance, { slice, name, route }: NamedRoute) =>
    bindRoute(scope, { route, handler: handlers[slice]?.[name] as AnyHandler, bound });
  const [tenantRoutes, others] = partition(named, ({ route }) => route.scope === "tenant");
  for (const each of others) bind(app, each);
  app.register(async (scope) => {
    const { baseDomain, hosts } = bound;
    await scope.register(tenantPlugin, { hestia: lateHestia(bound), baseDomain, hosts });
    for (const each of tenantRoutes) bind(scope, each);
  });
  refuseOtherMethods(app, named);
}

function bindRoute(
  app: FastifyInstance,
  { route, handler, bound }: Pick<Exchange, "route" | "handler" | "bound">,
): void {
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    bodyLimit: route.bodyBytesMax ?? limits.bodyBytesMax,
    // The head of a stream would be held open like the stream.
    exposeHeadRoute: route.events === undefined,
    // Before the body is read: who may not ask gets no work out of us.
    onRequest: async (request) => {
      if (route.scope === "platform") await admit(request, route, bound.platform());
    },
    handler: (request, reply) => answer({ route, handler, request, reply, bound }),
  });
}

// The routes are bound before the database is there; who asks earlier is told to come again.
function lateHestia({ platform }: Bound): Hestia {
  const late: Pick<Hestia, "find" | "tenantOf"> = {
    find: async (key) => platform().hestia.find(key),
    tenantOf: (entry) => platform().hestia.tenantOf(entry),
  };
  return late as Hestia;
}

function partition<Item>(items: readonly Item[], is: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}

function checkComplete(named: readonly NamedRoute[], handlers: AllHandlers): void {
  const routed = new Set(named.map((route) => route.id));
  const handled = Object.entries(handlers).flatMap(([slice, each]) =>
    Object.keys(each).map((name) => `${slice}.${name}`),
  );
  for (const id of routed) assert(handled.includes(id), `the route ${id} has no handler`);
  for (const id of handled) assert(routed.has(id), `the handler ${id} has no route`);
}

type Exchange = {
  readonly route: Route;
  readonly handler: AnyHandler;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly bound: Bound;
};

async function answer(exchange: Exchange): Promise<unknown> {
  const { route, request, reply } = exchange;
  const input = parseInput(route, rawInput(route, request), ruleContext(exchange));
  const context = contextOf(exchange, reply);
  if (route.events !== undefined) return stream(exchange, context, input);
  const given = await answerInTime(exchange, context, input);
  return send(reply, given);
}

// A body where the contract has none is ignored, as HTTP has it.
function rawInput(route: Route, request: FastifyRequest) {
  return {
    params: request.params,
    query: request.query,
    ...(route.body === undefined ? {} : { body: request.body }),
  };
}

function ruleContext({ route, bound }: Exchange) {
  if (route.scope !== "platform") return {};
  const { baseDomain, settingsSchema } = bound.platform().config;
  return { baseDomain, settingsSchema };
}

/** Above this a handler is stuck; what it was to wait for comes on top. */
const handlerMsMax = 30_000;

async function answerInTime(
  exchange: Exchange,
  context: PublicContext | OperatorContext,
  input: unknown,
): Promise<AnyAnswer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const waitMs = "waitMs" in context ? context.waitMs : 0;
  const timer = setTimeout(() => reject(new HestiaError("request_timeout")), handlerMsMax + waitMs);
  try {
    return await Promise.race([promise, answerIdempotently(exchange, context, input)]);
  } finally {
    clearTimeout(timer);
  }
}

async function answerIdempotently(
  { route, handler, request, bound }: Exchange,
  context: PublicContext | OperatorContext,
  input: unknown,
): Promise<AnyAnswer> {
  const run = async (given: unknown) => checked(route, (await handler(given, input)) as AnyAnswer);
  const key = request.headers["idempotency-key"];
  if (route.idempotent !== true || typeof key !== "string" || !("actor" in context))
    return run(context);
  const once = parseIdempotencyKey(key, {
    actorId: context.actor.id,
    method: request.method,
    url: request.url,
    body: request.body as JsonValue | undefined,
    tenantId: (request.params as { tenantId?: string }).tenantId,
  });
  const { replayed, ...given } = await answerOnce(bound.platform(), once, async (madeId) => {
    const {
      status,
      body,
      headers = {},
    } = await run({
      ...context,
      isRepeatable: true,
      makeId: () => madeId as AnyId,
    });
    return { status, body: body as JsonValue, headers };
  });
  return replayed
    ? { ...given, headers: { ...given.headers, "idempotency-replayed": "true" } }
    : given;
}

// The contract holds for answers too: one that does not fit it is our bug, and stays inside.
function checked(route: Route, given: AnyAnswer): AnyAnswer {
  const response = route.responses[given.status];
  assert(response !== undefined, `${route.method} ${route.path} has no answer ${given.status}`);
  const contentType = response.contentType ?? "application/json; charset=utf-8";
  const faults =
    response.contentType === undefined ? schemaFaults(response.schema, given.body) : [];
  const words = faults.map((fault) => `${fault.pointer} ${fault.message}`).join(" ");
  assert(
    faults.length === 0,
    `${route.method} ${route.path} answered outside its contract: ${words}`,
  );
  const etag = route.etag === true ? { etag: etagOf(given.body as { version: number }) } : {};
  return { ...given, headers: { "content-type": contentType, ...etag, ...given.headers } };
}

function send(reply: FastifyReply, { status, body, headers = {} }: AnyAnswer): FastifyReply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return reply.code(status).headers(headers).send(text);
}

async function stream(
  exchange: Exchange,
  context: PublicContext,
  input: unknown,
): Promise<unknown> {
  const { route, handler, request, reply, bound } = exchange;
  const leave = request.actor === undefined ? () => {} : bound.openStream(request.actor.id);
  reply.raw.once("close", leave);
  // What can be refused is refused before the stream begins.
  const events = (await handler(context, input)) as AsyncIterable<StreamEvent<unknown>>;
  const mayGoOn = async () =>
    route.scope !== "platform" || isStillAdmitted(request, bound.platform());
  const headers = Object.fromEntries(
    Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
  reply.hijack();
  const name = route.path.split("/")[2]?.replace(/s$/, "") ?? "message";
  await writeEvents(reply.raw, { name, events, headers, mayGoOn }).catch((error: unknown) =>
    context.log.warn({ err: error }, "a stream of events broke off"),
  );
  return reply;
}

function contextOf(
  { route, request, bound }: Exchange,
  reply: FastifyReply,
): PublicContext | OperatorContext {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const { id: requestId, logger: log, ip: address } = request;
  const base = { requestId, request, log, address, signal: gone.signal };
  if (route.scope === "public") return base;
  const platform = bound.platform();
  if (route.scope === "tenant") {
    const tenant: TenantContext = { ...base, db: platform.db, tenantId: request.tenant.id };
    return tenant;
  }
  const ifMatch = request.headers["if-match"];
  if (route.ifMatch === "required" && ifMatch === undefined)
    throw new HestiaError("precondition_required");
  const prefer = [request.headers.prefer].flat().join(",");
  const waitSeconds = route.waits === true ? (parsePreferWait(prefer) ?? 0) : 0;
  if (waitSeconds > 0) reply.header("preference-applied", `wait=${waitSeconds}`);
  const { actor, session } = request;
  assert(actor !== undefined, `${route.path} was not admitted`);
  return {
    ...base,
    platform,
    actor,
    session,
    ifMatch: route.ifMatch === undefined ? undefined : ifMatch,
    waitMs: waitSeconds * 1000,
    lastEventId: [request.headers["last-event-id"]].flat()[0],
    isRepeatable: false,
    makeId: <Made extends AnyId>() => makeId<Made>(platform.now()),
  };
}

const everyMethod = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"] as const;

// What a path takes is no secret, and nothing is done by asking.
function refuseOtherMethods(app: FastifyInstance, named: readonly NamedRoute[]): void {
  for (const [path, routes] of Map.groupBy(named, ({ route }) => route.path)) {
    const allowed = routes.flatMap(({ route }) => methodsOf(route));
    const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
    app.route({
      method: everyMethod.filter((method) => !allowed.includes(method)),
      url,
      exposeHeadRoute: false,
      handler: () => {
        throw new HestiaError("method_not_allowed", { allowed });
      },
    });
    const allow = [...allowed, "OPTIONS"].join(", ");
    app.route({
      method: "OPTIONS",
      url,
      handler: (_request, reply) => reply.code(204).header("allow", allow).send(),
    });
  }
}

function methodsOf({ method, events }: Route): string[] {
  return method === "GET" && events === undefined ? ["GET", "HEAD"] : [method];
}
