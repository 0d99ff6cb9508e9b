// The console's files at /console/: what its build has made. The page may load scripts, styles and pictures from here and
// speak to this server, nothing else. Names of assets hold their content's hash, so they are kept for ever; the page never.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
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
    });
    scope.get("/console/assets/*", async (request, reply) => {
      const name = (request.params as { "*": string })["*"];
      return reply.sendFile(`assets/${name}`, { maxAge: "365d", immutable: true });
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
