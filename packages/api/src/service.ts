// The service itself: whether it lives, whether it is ready, what it offers and how it is set up. It
// tells nothing about tenants, and all but the setup is open to anyone.
import { type Static, Type } from "typebox";
import type { Routes } from "./route.ts";

/** The schema of the answer to whether the process lives. */
export const healthSchema = Type.Object({ status: Type.Literal("ok") }, { title: "Health" });

/** The schema of the answer to whether the server can serve. */
export const readinessSchema = Type.Object(
  {
    status: Type.Enum(["ready", "not_ready"]),
    checks: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          ok: Type.Boolean(),
          message: Type.Optional(Type.String({ description: "What is wrong, in one sentence." })),
        },
        { title: "Check" },
      ),
    ),
  },
  { title: "Readiness" },
);

/** The schema of what runs here. */
const aboutSchema = Type.Object(
  {
    version: Type.String({ description: "Hestia's.", examples: ["0.1.0"] }),
    nodeVersion: Type.String({ examples: ["24.9.0"] }),
    postgresVersion: Type.String({ examples: ["18.4"] }),
    isolation: Type.Enum(["full", "reduced"], {
      description: "Reduced where any cluster lacks something for full isolation.",
    }),
    missing: Type.Array(Type.String(), {
      description: "What is lacking for full isolation, each in one sentence.",
    }),
    license: Type.String({ description: "By its SPDX identifier.", examples: ["Apache-2.0"] }),
  },
  { title: "About" },
);

/** What runs here, as it crosses the wire. */
export type AboutView = Static<typeof aboutSchema>;

/** Whether the server can serve, as it crosses the wire. */
export type ReadinessView = Static<typeof readinessSchema>;

/** The schema of what a client needs to know of how the server is set up. */
export const setupSchema = Type.Object(
  {
    baseDomain: Type.String({
      description: "A tenant is served at its slug below this domain.",
      examples: ["example.com"],
    }),
    tenantUrl: Type.String({
      description: "Where a tenant's application is opened, with `{slug}` for its slug.",
      examples: ["https://{slug}.example.com/"],
    }),
    settingsSchema: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        description: "The JSON Schema that tenants' settings are held to; absent, there is none.",
      }),
    ),
  },
  { title: "Setup" },
);

/** How the server is set up, as it crosses the wire. */
export type SetupView = Static<typeof setupSchema>;

/** The routes of the service itself. */
export const serviceRoutes = {
  health: {
    method: "GET",
    path: "/healthz",
    scope: "public",
    permission: null,
    summary: "Does the process live?",
    responses: { 200: { description: "It does.", schema: healthSchema } },
    errors: [],
  },
  readiness: {
    method: "GET",
    path: "/readyz",
    scope: "public",
    permission: null,
    summary: "Can the server serve?",
    responses: {
      200: { description: "It can.", schema: readinessSchema },
      503: { description: "It cannot at present; the checks say why.", schema: readinessSchema },
    },
    errors: [],
  },
  about: {
    method: "GET",
    path: "/v1/about",
    scope: "platform",
    permission: "service:read",
    summary: "What runs here",
    responses: { 200: { description: "The versions.", schema: aboutSchema } },
    errors: [],
  },
  setup: {
    method: "GET",
    path: "/v1/setup",
    scope: "platform",
    permission: "tenants:read",
    summary: "How is the server set up?",
    description: "What a client needs for forms and links: no secret, and nothing about tenants.",
    responses: { 200: { description: "The setup.", schema: setupSchema } },
    errors: [],
  },
  openapi: {
    method: "GET",
    path: "/openapi.json",
    scope: "public",
    permission: null,
    summary: "This document",
    responses: {
      200: {
        description: "An OpenAPI 3.1 document.",
        schema: Type.Unsafe<Record<string, unknown>>({ type: "object" }),
      },
    },
    errors: [],
  },
  reference: {
    method: "GET",
    path: "/docs",
    scope: "public",
    permission: null,
    summary: "The reference, for people",
    responses: {
      200: { description: "A page.", schema: Type.String(), contentType: "text/html" },
    },
    errors: [],
  },
} as const satisfies Routes;
