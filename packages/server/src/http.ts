// The HTTP server around the routes: limits, request ids, log lines, and problems for everything that goes wrong before
// a handler is reached.
import { randomUUID } from "node:crypto";
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

declare module "fastify" {
  interface FastifyRequest {
    actor?: OperatorContext["actor"] | undefined;
    logger: Logger;
  }
}

/** What the HTTP server needs. */
export type HttpOptions = {
  readonly config: Pick<Config, "trustProxy">;
  readonly log: Logger;
  readonly isStopping: () => boolean;
};

/** Makes the HTTP server, without routes. */
export function makeHttp({ config, log, isStopping }: HttpOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    trustProxy: config.trustProxy,
    genReqId: (request) => requestId(request.headers["x-request-id"]),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: 30_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 15_000 },
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, log),
  });
  app.decorateRequest("actor", undefined);
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

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const accepted = ["application/json", "application/merge-patch+json"];
  app.addContentTypeParser(
    accepted,
    { parseAs: "string" },
    async (_request: FastifyRequest, body: string) => {
      if (body === "") return undefined;
      try {
        return JSON.parse(body) as unknown;
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
    .send(JSON.stringify(body));
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
