// What changes on the platform, as it happens: hints for screens that are open, which then read again what they show.
import type { OperationId } from "@hestia/core";
import { type Static, Type } from "typebox";
import { auditEventSchema } from "./audit.ts";
import type { Routes } from "./route.ts";

/** The schema of one notice. */
export const changesSchema = Type.Object(
  {
    events: Type.Array(auditEventSchema, { description: "Audit events since the last notice." }),
    operations: Type.Array(Type.Unsafe<OperationId>({ type: "string", format: "uuid" }), {
      description: "Operations that have changed since.",
    }),
  },
  { title: "Changes" },
);

/** A notice as it crosses the wire. */
export type ChangesView = Static<typeof changesSchema>;

/** The route of changes. */
export const changeRoutes = {
  follow: {
    method: "GET",
    path: "/v1/changes",
    scope: "platform",
    permission: "audit:read",
    summary: "Follow what changes",
    description:
      "Server-sent events, the first at once and empty. They are hints: what came while nobody followed may not be sent again, so read anew whenever a stream begins. It ends with the session or key that opened it.",
    responses: {
      200: {
        description: "A stream of `change` events.",
        schema: Type.String(),
        contentType: "text/event-stream",
      },
    },
    events: changesSchema,
    errors: ["too_many_streams"],
  },
} as const satisfies Routes;
