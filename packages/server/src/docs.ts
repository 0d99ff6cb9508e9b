// The reference for people at /docs. Nothing comes from elsewhere: the page's script is served from here, and its
// policy forbids it to reach any other place.

import { statusOf } from "@hestia/api";
import { errorCodes } from "@hestia/core";
import Fastify, { type FastifyInstance } from "fastify";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The header fields of the pages. */
export const pageHeaders = {
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
  "content-type": "text/html; charset=utf-8",
} as const;

/** The page of the reference. */
export const referencePage = page(
  "Hestia API",
  `<div id="reference"></div><script src="/docs/scalar.js"></script><script src="/docs/start.js"></script>`,
);

const startScript = `Scalar.createApiReference("#reference", {
  url: "/openapi.json", withDefaultFonts: false, telemetry: false, hideClientButton: true, showDeveloperTools: "never",
  agent: { disabled: true }, mcp: { disabled: true }
});`;

/** Serves what the page needs, and the page of errors. */
export function serveDocs(app: FastifyInstance): void {
  let bundle: Promise<string> | undefined;
  app.get("/docs/scalar.js", async (_request, reply) => {
    bundle ??= readBundle();
    return reply
      .headers({
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "max-age=3600",
      })
      .send(await bundle);
  });
  app.get("/docs/start.js", (_request, reply) =>
    reply.header("content-type", "text/javascript; charset=utf-8").send(startScript),
  );
  app.get("/docs/errors", (_request, reply) => reply.headers(pageHeaders).send(errorsPage()));
}

// The package has its script only behind its own plugin; four megabytes that are loaded when someone asks.
async function readBundle(): Promise<string> {
  const { default: reference } = await import("@scalar/fastify-api-reference");
  const shelf = Fastify();
  await shelf.register(reference, {
    routePrefix: "/reference",
    configuration: { url: "/openapi.json" },
  });
  const { body } = await shelf.inject("/reference/js/scalar.js");
  await shelf.close();
  return body;
}

function errorsPage(): string {
  const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[];
  const rows = codes.map(
    (code) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${statusOf(code)}</td><td>${escapeHtml(errorCodes[code].title)}</td></tr>`,
  );
  return page(
    "Errors",
    `<h1>Errors</h1><table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>${rows.join("")}</table>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font-family:system-ui,sans-serif;margin:0}h1,table{margin:1rem}td,th{text-align:left;padding:.2rem .8rem}tr:target{background:#fe9}</style>
</head><body>${body}</body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
