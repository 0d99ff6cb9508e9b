// The routes of the register. Each handler has a tenant, asks it, and shows what comes; no statement says whose rows.
import type { Tenant } from "@hestia/postgres";
import type { FastifyInstance, FastifyReply } from "fastify";
import { forged, notFound, sendPage } from "./answers.ts";
import { parseListRequest, type Query } from "./filters.ts";
import { emptyNote, isSound, type NoteForm, parseNote } from "./note-form.ts";
import { fleetPage } from "./pages/fleet-page.ts";
import type { Owner } from "./pages/layout.ts";
import { listPage } from "./pages/list-page.ts";
import { type AirlineLink, indexPage } from "./pages/plain-pages.ts";
import { strikePage } from "./pages/strike-page.ts";
import {
  findStrike,
  insertNote,
  listFleet,
  listNotes,
  listStrikes,
  tallyStrikes,
} from "./queries.ts";
import { isSameOrigin } from "./same-origin.ts";

/** What the routes know beside the request. */
export type RouteOptions = {
  /** The airlines that the bare host lists. */
  readonly links: () => readonly AirlineLink[];
};

type ListRoute = { Querystring: Query };
type StrikeRoute = { Params: { id: string } };

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Adds the routes. */
export function addRoutes(app: FastifyInstance, { links }: RouteOptions): void {
  app.get("/healthz", { config: { tenant: false } }, () => ({ status: "ok" }));

  app.get<ListRoute>("/", { config: { tenant: "optional" } }, (request, reply) => {
    const tenant = request.findTenant();
    if (tenant === undefined) return sendPage(reply, indexPage(links()));
    return showList(reply, { tenant, owner: ownerOf(tenant), query: request.query });
  });

  app.get("/fleet", async ({ tenant }, reply) =>
    sendPage(reply, fleetPage(ownerOf(tenant), await listFleet(tenant))),
  );

  app.get<StrikeRoute>("/strikes/:id", ({ tenant, params }, reply) =>
    showStrike(reply, { tenant, owner: ownerOf(tenant), id: params.id, form: emptyNote }),
  );

  // Where a form with faults was shown, for whoever comes back to it.
  app.get<StrikeRoute>("/strikes/:id/notes", ({ params }, reply) =>
    reply.redirect(`/strikes/${encodeURIComponent(params.id)}#notes`, 303),
  );

  app.post<StrikeRoute>("/strikes/:id/notes", (request, reply) => {
    const { tenant, params, body } = request;
    const owner = ownerOf(tenant);
    if (!isSameOrigin(request)) return forged(reply, owner);
    return addNote(reply, { tenant, owner, id: params.id, form: parseNote(body) });
  });

  app.setNotFoundHandler((request, reply) => {
    const tenant = request.findTenant();
    return notFound(reply, tenant && ownerOf(tenant));
  });
}

type Asked = { readonly tenant: Tenant; readonly owner: Owner };
type AskedStrike = Asked & { readonly id: string; readonly form: NoteForm };

async function showList(
  reply: FastifyReply,
  { tenant, owner, query }: Asked & { readonly query: Query },
): Promise<FastifyReply> {
  const request = parseListRequest(query);
  const [page, tallies] = await Promise.all([
    listStrikes(tenant, request),
    tallyStrikes(tenant, request.filter),
  ]);
  return sendPage(reply, listPage({ owner, request, page, tallies }));
}

/** Another airline's strike and one that never was are the same to whoever asks. */
async function showStrike(
  reply: FastifyReply,
  { tenant, owner, id, form }: AskedStrike,
): Promise<FastifyReply> {
  if (!uuid.test(id)) return notFound(reply, owner);
  const [strike, notes] = await Promise.all([findStrike(tenant, id), listNotes(tenant, id)]);
  if (strike === undefined) return notFound(reply, owner);
  const isOpen = tenant.status === "active";
  return sendPage(reply, strikePage({ owner, strike, notes, form: isOpen ? form : undefined }));
}

async function addNote(reply: FastifyReply, asked: AskedStrike): Promise<FastifyReply> {
  const { tenant, owner, id, form } = asked;
  if (!isSound(form)) return showStrike(reply.code(422), asked);
  if (!uuid.test(id) || !(await insertNote(tenant, id, form))) return notFound(reply, owner);
  // The answer to a form that was taken is another page, so that reloading it sends nothing again.
  return reply.redirect(`/strikes/${id}#notes`, 303);
}

const places = {
  shared: "This register shares its tables with other airlines' and sees its own rows alone.",
  schema: "This register lives in a schema of its own.",
  database: "This register lives in a database of its own.",
} as const;

function ownerOf({ name, isolation }: Tenant): Owner {
  return { name, place: places[isolation] };
}
