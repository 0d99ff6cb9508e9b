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
  if (statusCode >= 500) request.log.error(error);
  return sendPage(reply.code(statusCode).headers(headers), messagePage(wordsFor(error)));
}

function wordsFor(error: Failure): { title: string; text: string } {
  const problem = problemOf(error);
  if (problem !== undefined) return { title: problem.title, text: problem.detail };
  if ((error.statusCode ?? 500) < 500) return { title: "Not accepted", text: `${error.message}.` };
  return {
    title: "Something went wrong",
    text: "This is our fault, not yours. It has been noted; try again in a while.",
  };
}
