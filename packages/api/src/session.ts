// An operator's session in a browser: the key is sent once, and from then on a cookie that no script can read.
import { limits, type OperatorKeyId } from "@hestia/core";
import { type Static, Type } from "typebox";
import type { Routes } from "./route.ts";
import { input, timeSchema } from "./schemas.ts";

/** The schema of a session in an answer. */
export const sessionSchema = Type.Object(
  {
    operator: Type.Object(
      {
        id: Type.Unsafe<OperatorKeyId>({ type: "string", format: "uuid" }),
        name: Type.String({ description: "The name of the operator key." }),
      },
      { title: "Operator" },
    ),
    expiresAt: Type.Optional({
      ...timeSchema,
      description: "When the session ends; absent where the key itself is sent.",
    }),
  },
  { title: "Session" },
);

const openSessionSchema = Type.Object(
  {
    current: Type.Boolean({ description: "Whether it is the one that asks." }),
    createdAt: timeSchema,
    usedAt: { ...timeSchema, description: "When it was last used, to the minute." },
    expiresAt: timeSchema,
  },
  { title: "OpenSession" },
);

/** A session as it crosses the wire. */
export type SessionView = Static<typeof sessionSchema>;

/** The routes of sessions. */
export const sessionRoutes = {
  start: {
    method: "POST",
    path: "/v1/session",
    scope: "public",
    permission: null,
    summary: "Sign in with an operator key",
    description:
      "Answers with an HttpOnly cookie that stands for the key until it ends: after twelve hours, or two without use. Requests that change something need to come from the console's own origin.",
    body: input({
      key: Type.String({ minLength: 1, maxLength: limits.operatorKeyCharsMax * 2 }),
    }),
    responses: { 200: { description: "The session.", schema: sessionSchema } },
    errors: ["unauthenticated", "origin_refused"],
  },
  get: {
    method: "GET",
    path: "/v1/session",
    scope: "platform",
    permission: "session:read",
    summary: "Who is signed in?",
    responses: { 200: { description: "The session.", schema: sessionSchema } },
    errors: [],
  },
  list: {
    method: "GET",
    path: "/v1/sessions",
    scope: "platform",
    permission: "session:read",
    summary: "List the sessions of the key that asks",
    description: "The newest first. They are told apart by their times alone.",
    responses: {
      200: {
        description: "Those that are open.",
        schema: Type.Object({ items: Type.Array(openSessionSchema) }, { title: "SessionList" }),
      },
    },
    errors: [],
  },
  endAll: {
    method: "DELETE",
    path: "/v1/sessions",
    scope: "platform",
    permission: "session:end",
    summary: "Sign out everywhere",
    description: "Ends every session of the key that asks; the key itself still opens.",
    responses: {
      200: {
        description: "They have ended.",
        schema: Type.Object({ ended: Type.Integer() }, { title: "EndedSessions" }),
      },
    },
    errors: [],
  },
  end: {
    method: "DELETE",
    path: "/v1/session",
    scope: "platform",
    permission: "session:end",
    summary: "Sign out",
    description: "Ends the session that the request's cookie stands for; a key is not changed.",
    responses: {
      200: { description: "It has ended.", schema: Type.Object({ ended: Type.Literal(true) }) },
    },
    errors: [],
  },
} as const satisfies Routes;
