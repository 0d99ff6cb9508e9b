// The register as a web application: what every answer of it has in common. Who is asking the plugin finds out, before
// any route is reached.
import formbody from "@fastify/formbody";
import { tenantPlugin } from "@hestia/middleware/fastify";
import type { Hestia } from "@hestia/postgres";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { failed } from "./answers.ts";
import { addAssets } from "./assets.ts";
import { addRoutes, type RouteOptions } from "./routes.ts";

/** What the application is built from. */
export type AppOptions = RouteOptions & {
  readonly hestia: Hestia;
  /** The domain below which the airlines' hosts are. */
  readonly baseDomain: string;
  readonly logLevel?: string | undefined;
};

const bodyBytesMax = 32 * 1024;

const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

/** Builds the application; it does not listen yet. */
export function buildApp({ hestia, baseDomain, logLevel = "warn", ...rest }: AppOptions) {
  const app: FastifyInstance = Fastify({
    bodyLimit: bodyBytesMax,
    logger: { level: logLevel },
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(securityHeaders);
    done();
  });
  app.register(formbody);
  app.register(tenantPlugin, { hestia, baseDomain });
  app.setErrorHandler<Error>(failed);
  addAssets(app);
  addRoutes(app, rest);
  return app;
}
