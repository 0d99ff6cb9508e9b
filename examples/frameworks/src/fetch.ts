// The notes as handlers from Request to Response, as Next.js, Bun and Deno have them. In Next.js `notes` is the file
// app/notes/route.ts, which exports GET and POST; here a few lines serve it on Node.
import type { Server } from "node:http";
import { tenantHandler } from "@hestia/middleware/fetch";
import type { Hestia } from "@hestia/postgres";
import { createAdaptorServer } from "@hono/node-server";
import { addNote, listNotes } from "./notes.ts";

function makeRoutes(hestia: Hestia) {
  const withTenant = tenantHandler({ hestia, baseDomain: "localhost" });
  const notes = {
    GET: withTenant(async (_request: Request, tenant) => Response.json(await listNotes(tenant))),
    POST: withTenant(async (request: Request, tenant) => {
      const { body } = (await request.json()) as { body: string };
      return Response.json(await addNote(tenant, body), { status: 201 });
    }),
  };
  return { "/notes": notes, "/healthz": { GET: async () => new Response("ok") } };
}

type Handlers = Readonly<Record<string, (request: Request) => Promise<Response>>>;

/** Makes the application's server; it does not listen yet. */
export function makeServer(hestia: Hestia): Server {
  const routes: Readonly<Record<string, Handlers>> = makeRoutes(hestia);
  const fetch = async (request: Request) => {
    const handler = routes[new URL(request.url).pathname]?.[request.method];
    return handler?.(request) ?? new Response("There is nothing here.", { status: 404 });
  };
  return createAdaptorServer({ fetch }) as Server;
}
