// The notes in Express 5. The order says what a route needs: what stands above `app.use(tenants())` does without a tenant.
import { createServer, type Server } from "node:http";
import { tenantMiddleware, tenantProblems } from "@hestia/middleware/express";
import type { Hestia } from "@hestia/postgres";
import express from "express";
import { addNote, listNotes } from "./notes.ts";

/** Makes the application's server; it does not listen yet. */
export function makeServer(hestia: Hestia): Server {
  const tenants = tenantMiddleware({ hestia, baseDomain: "localhost" });
  const app = express();

  app.get("/healthz", (_request, response) => void response.send("ok"));

  app.use(tenants());
  app.use(express.json());
  app.get("/notes", async ({ tenant }, response) => {
    response.json(await listNotes(tenant));
  });
  app.post("/notes", async ({ tenant, body }, response) => {
    response.status(201).json(await addNote(tenant, body.body));
  });

  app.use(tenantProblems());
  return createServer(app);
}
