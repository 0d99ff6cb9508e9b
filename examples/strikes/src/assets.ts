// The stylesheet and the icon, served from here and nowhere else. The stylesheet's path has its hash in it, so that a
// browser may keep it for ever.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";

const read = (name: string) => readFileSync(new URL(`../assets/${name}`, import.meta.url));
const stylesheet = read("style.css");
const icon = read("icon.svg");
const hash = createHash("sha256").update(stylesheet).digest("base64url").slice(0, 12);

/** Where the stylesheet is. */
export const stylesheetPath = `/assets/style-${hash}.css`;

/** Adds the routes; they are the same for everyone. */
export function addAssets(app: FastifyInstance): void {
  const assets = [
    { path: stylesheetPath, type: "text/css; charset=utf-8", body: stylesheet, age: 31_536_000 },
    { path: "/assets/icon.svg", type: "image/svg+xml", body: icon, age: 86_400 },
  ];
  for (const { path, type, body, age } of assets) {
    app.get(path, { config: { tenant: false } }, (_request, reply) => {
      reply.type(type).header("cache-control", `public, max-age=${age}, immutable`).send(body);
    });
  }
}
