// What the application answers with: pages, and what it says when there is none. Invariant: what is not found reads the
// same whatever it is that is not there.
import { problemOf } from "@hestia/middleware/fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Html } from "./html.ts";
import type { Owner } from "./pages/layout.ts";
import { messagePage } from "./pages/plain-pages.ts";

/** Sends a page; the browser asks again each time, since records change. */
export function sendPage(reply: FastifyReply, page: Html): FastifyReply {
  return reply
    .type("text/html; charset=utf-8")
    .header("cache-control", "private, no-cache")
    .send(page.toString());
}

/** Answers that there is nothing: absent, another airline's, or never meant to be. */
export function notFound(reply: FastifyReply, owner?: Owner): FastifyReply {
  const text = "There is nothing at this address. It may have been mistyped.";
  return sendPage(reply.code(404), messagePage({ title: "Not found", text }, owner));
}

/** Answers a form that came from elsewhere. */
export function forged(reply: FastifyReply, owner: Owner): FastifyReply {
  const text = "This form was not sent from one of this register's own pages, and was not taken.";
  return sendPage(reply.code(403), messagePage({ title: "Not accepted", text }, owner));
}

type Failure = Error & {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Tells a person of an error by a page, and a program by the problem that the plugin makes of Hestia's. */
export function failed(error: Failure, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(request.headers.accept ?? "").includes("text/html")) return reply.send(error);
  const { statusCode = 500, headers = {} } = error;
  // What Hestia refuses is known by its code; only an error of our own needs its stack.
  if (problemOf(error) !== undefined) request.log.info({ reason: error.message }, "refused");
  else if (statusCode >= 500) request.log.error(error);
  return sendPage(reply.code(statusCode).headers(headers), messagePage(wordsFor(error)));
}

type Words = { readonly title: string; readonly text: string };

/** What Hestia calls a tenant is an airline here. */
const words: Readonly<Record<string, Words>> = {
  tenant_unidentified: {
    title: "Which airline?",
    text: "This address is no airline's; each has an address of its own.",
  },
  tenant_not_found: {
    title: "No such airline",
    text: "No airline's register is at this address. It may have been mistyped.",
  },
  tenant_not_ready: {
    title: "Nearly there",
    text: "This register is being made ready. Look again in a moment.",
  },
  tenant_suspended: {
    title: "This register is closed",
    text: "It is suspended at present. Whoever runs it can open it again.",
  },
  tenant_readonly: {
    title: "Read-only at present",
    text: "This register can be read, but nothing can be added to it at present.",
  },
  database_unavailable: {
    title: "Back in a moment",
    text: "The register cannot be reached at present. Try again in a moment.",
  },
  tenant_ended: { title: "This register has ended", text: "It is no longer kept." },
};

function wordsFor(error: Failure): Words {
  const problem = problemOf(error);
  if (problem !== undefined)
    return words[problem.code] ?? { title: problem.title, text: problem.detail };
  if ((error.statusCode ?? 500) < 500) return { title: "Not accepted", text: `${error.message}.` };
  return {
    title: "Something went wrong",
    text: "This is our fault, not yours. It has been noted; try again in a while.",
  };
}
