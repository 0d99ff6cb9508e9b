// The HTTP server around the routes: limits, request ids, log lines, and problems for everything that goes wrong before
// a handler is reached.
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { toProblem } from "@hestia/api";
import { HestiaError, limits } from "@hestia/core";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { OperatorContext } from "./context.ts";
import type { HeldSession } from "./session.ts";

declare module "fastify" {
  interface FastifyRequest {
    actor?: OperatorContext["actor"] | undefined;
    session?: HeldSession | undefined;
    logger: Logger;
  }
}

/** What the HTTP server needs. */
export type HttpOptions = {
  readonly config: Pick<Config, "trustProxy">;
  readonly log: Logger;
  readonly isStopping: () => boolean;
  readonly bounds?: HttpBounds | undefined;
};

/** How long a request may take to arrive; what it takes to be answered has its own bounds. */
type HttpBounds = {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often it is looked at: what the others may be exceeded by. */
  readonly checkMs: number;
};

const usualBounds: HttpBounds = { headersMs: 15_000, requestMs: 30_000, checkMs: 2_000 };

/** Makes the HTTP server, without routes. */
export function makeHttp({
  config,
  log,
  isStopping,
  bounds = usualBounds,
}: HttpOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    trustProxy: config.trustProxy,
    genReqId: (request) => requestId(request.headers["x-request-id"]),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: bounds.requestMs,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: bounds.headersMs,
      connectionsCheckingInterval: bounds.checkMs,
    },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, log),
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, log),
  });
  app.server.maxConnections = limits.connectionsMax;
  app.decorateRequest("actor", undefined);
  app.decorateRequest("session", undefined);
  app.decorateRequest("logger");
  app.addHook("onRequest", async (request, reply) => {
    request.logger = log.child({ requestId: request.id, ...traceOf(request) });
    reply.headers({ "x-request-id": request.id, "x-content-type-options": "nosniff" });
    if (request.url.startsWith("/v1/")) reply.header("cache-control", "no-store");
    if (isStopping()) throw new HestiaError("server_stopping", { retryAfterSeconds: 1 });
  });
  app.addHook("onResponse", async (request, reply) => logLine(request, reply));
  readBodies(app);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
  app.setNotFoundHandler(() => {
    throw new HestiaError("route_not_found");
  });
  return app;
}

/** Takes no more requests and resolves when the last is answered. */
export async function closeHttp(app: FastifyInstance): Promise<void> {
  // A connection whose last request ends now would be kept open for a next one.
  const closing = setInterval(() => app.server.closeIdleConnections(), 50);
  await app.close().finally(() => clearInterval(closing));
}

// A client's own id helps it to find its request in our log; a strange one could forge log lines.
function requestId(given: string | string[] | undefined): string {
  const pattern = new RegExp(`^[\\w.:-]{1,${limits.requestIdCharsMax}}$`);
  return typeof given === "string" && pattern.test(given) ? given : randomUUID();
}

/** The trace of W3C's `traceparent`, for log lines. */
function traceOf(request: FastifyRequest): { traceId?: string } {
  const parent = [request.headers.traceparent].flat()[0] ?? "";
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(parent)?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? {} : { traceId };
}

function logLine(request: FastifyRequest, reply: FastifyReply): void {
  const { tenantId, operationId } = (request.params ?? {}) as Record<string, string>;
  const level =
    reply.statusCode >= 500
      ? "warn"
      : probes.has(request.routeOptions.url ?? "")
        ? "debug"
        : "info";
  request.logger[level](
    {
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      actor: request.actor?.name,
      tenantId,
      operationId,
    },
    "request",
  );
}

/** Asked every few seconds by whatever watches the server. */
const probes = new Set(["/healthz", "/readyz"]);

// Bytes that are no UTF-8 would otherwise be stored as other characters than were sent.
const utf8 = new TextDecoder("utf-8", { fatal: true });

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const accepted = ["application/json", "application/merge-patch+json"];
  app.addContentTypeParser(
    accepted,
    { parseAs: "buffer" },
    async (_request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      try {
        return JSON.parse(utf8.decode(body)) as unknown;
      } catch (cause) {
        throw new HestiaError("invalid_json", {}, { cause });
      }
    },
  );
}

function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): void {
  const logger = request.logger ?? log.child({ requestId: request.id });
  const known = ofFramework(error, request);
  const { status, headers, body } = toProblem(known, request.id);
  if (status >= 500) logger[status === 503 ? "warn" : "error"]({ err: error }, "request failed");
  else logger.debug({ err: error }, "request refused");
  void reply
    .code(status)
    .headers({ ...headers, "x-request-id": request.id })
    // As bytes: to a text Fastify would add a charset, which this media type does not have.
    .send(Buffer.from(JSON.stringify(body)));
}

/** Answers what never became a request, and closes the connection: nothing on it can be trusted any more. */
function refuseConnection(error: ConnectionError, socket: Socket, log: Logger): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const requestId = randomUUID();
  const { status, headers, body } = toProblem(ofConnection(error), requestId);
  log.debug({ requestId, code: error.code }, "connection refused");
  const text = JSON.stringify(body);
  const fields = {
    ...headers,
    "x-request-id": requestId,
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", text].join("\r\n"));
}

type ConnectionError = Error & { readonly code?: string };

function ofConnection(error: ConnectionError): HestiaError {
  if (error.code === "HPE_HEADER_OVERFLOW")
    return new HestiaError("headers_too_large", { bytesMax: limits.headerBytesMax });
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return new HestiaError("request_slow");
  return new HestiaError("request_malformed", {}, { cause: error });
}

/** What Fastify itself refuses, in the words of the table. */
function ofFramework(error: unknown, request: FastifyRequest): unknown {
  switch ((error as FastifyError).code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_CONTENT_TYPE":
      return new HestiaError("unsupported_media_type");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new HestiaError("body_too_large", { bytesMax: request.routeOptions.bodyLimit });
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return new HestiaError("invalid_json", {}, { cause: error });
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new HestiaError("route_not_found");
    default:
      return error;
  }
}
