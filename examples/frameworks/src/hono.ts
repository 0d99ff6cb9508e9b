// The notes in Hono. Paths and order say what a route needs, and its type knows: without `tenants()` there is no
// `c.var.tenant`.
import type { Server } from "node:http";
import { tenantMiddleware } from "@hestia/middleware/hono";
import type { Hestia } from "@hestia/postgres";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { addNote, listNotes } from "./notes.ts";

/** Makes the application's server; it does not listen yet. */
export function makeServer(hestia: Hestia): Server {
  const tenants = tenantMiddleware({ hestia, baseDomain: "localhost" });
  const app = new Hono()
    .get("/healthz", (c) => c.text("ok"))
    .use(tenants())
    .get("/notes", async (c) => c.json(await listNotes(c.var.tenant)))
    .post("/notes", async (c) => {
      const { body } = await c.req.json<{ body: string }>();
      return c.json(await addNote(c.var.tenant, body), 201);
    });
  return createAdaptorServer({ fetch: app.fetch }) as Server;
}
