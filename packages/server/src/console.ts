// The console's files at /console/: what its build has made. The page may load scripts, styles and pictures from here and
// speak to this server, nothing else. Assets whose name holds their content's hash are kept for ever; the page never.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import { HestiaError } from "@hestia/core";
import type { FastifyInstance, FastifyReply } from "fastify";

const folder = fileURLToPath(new URL("../../console/dist/", import.meta.url));

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Mantine and the charts set styles on elements; no style sheet comes from elsewhere.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const pageHeaders = {
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "cache-control": "no-cache",
} as const;

/** A file of the build: one name, nothing that leads elsewhere, and none of the compressed twins. */
const assetName = /^[\w-]+(?:\.[\w-]+)*\.(?:js|css|svg|png|woff2|json|webmanifest)$/;
const hashedName = /-[\w-]{8}\.\w+$/;

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Hestia</title>
<p>The console is not built. <code>npm start</code> builds it, or <code>npm run build:console</code>.</p></html>`;

/** Serves the console; its own paths below /console/ all lead to its page. */
export function serveConsole(app: FastifyInstance): void {
  app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      prefix: "/console/",
      wildcard: false,
      serve: false,
      preCompressed: true,
      // Nothing here is large: parts of it are not given out.
      acceptRanges: false,
    });
    // What the files refuse is the asker's doing (a condition that does not hold), not a fault inside.
    scope.setErrorHandler((error: { status?: number }, _request, reply) => {
      if (error.status !== 412) throw error;
      return reply.code(412).send();
    });
    scope.get("/console/assets/*", async (request, reply) => {
      const name = (request.params as { "*": string })["*"];
      if (!assetName.test(name)) throw new HestiaError("route_not_found");
      const isForEver = hashedName.test(name);
      reply.header("cross-origin-resource-policy", "same-origin");
      if (isForEver) return reply.sendFile(`assets/${name}`, { maxAge: "365d", immutable: true });
      reply.header("cache-control", "no-cache");
      return reply.sendFile(`assets/${name}`, { cacheControl: false });
    });
    for (const url of ["/console", "/console/*"])
      scope.get(url, async (_request, reply) => page(reply));
  });
}

function page(reply: FastifyReply): FastifyReply {
  reply.headers(pageHeaders);
  if (!existsSync(`${folder}index.html`))
    return reply.code(503).type("text/html; charset=utf-8").send(notBuilt);
  return reply.sendFile("index.html", { cacheControl: false });
}
