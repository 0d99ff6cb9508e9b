// The OpenAPI 3.1 document, generated from the routes. A schema with a title becomes a component, and
// every error that a route can answer with stands there with an example.
import {
  assert,
  type ErrorCode,
  errorCodes,
  HestiaError,
  type JsonValue,
  jsonEquals,
  limits,
} from "@hestia/core";
import type { TObject, TSchema } from "typebox";
import { problemContentType, problemSchema, statusOf, toProblem } from "./problem.ts";
import { type Route, routeErrors } from "./route.ts";
import { listRoutes, type NamedRoute } from "./routes.ts";
import { ruleKeyword } from "./schemas.ts";

/** An OpenAPI document, as JSON. */
export type OpenApiDocument = {
  readonly openapi: "3.1.1";
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, unknown>>;
    readonly [kind: string]: unknown;
  };
  readonly [member: string]: unknown;
};

/** One operation of an OpenAPI document. */
export type OpenApiOperation = {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
};

/** Generates the document. */
export function openapi(server: { version: string; serverUrl?: string }): OpenApiDocument {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const named of listRoutes()) {
    const operations = paths[named.route.path] ?? {};
    operations[named.route.method.toLowerCase()] = operationOf(named, schemas);
    paths[named.route.path] = operations;
  }
  referTo(problemSchema, schemas);
  return {
    openapi: "3.1.1",
    info: {
      title: "Hestia",
      version: server.version,
      summary: "Tenants of a B2B application: made, kept apart, and looked after.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: server.serverUrl ?? "/" }],
    tags: Object.entries(tagWords).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas, headers: headerComponents, securitySchemes },
  };
}

const tagWords = {
  tenants: "The customers of the application, and their lives.",
  operations: "Long work, in visible steps.",
  audit: "Who did what, when and why.",
  changes: "What changes, as it happens.",
  session: "Operators in a browser.",
  fleet: "The fleet at a glance.",
  operatorKeys: "Who may enter.",
  isolationChecks: "The proof that tenants are kept apart.",
  migrations: "The application's own migrations.",
  data: "What a tenant has in its data database: tables and migrations.",
  erasure: "What keeps tenants from their ends, and the certificates of those that are gone.",
  plans: "Plans: what tenants subscribe to, and what follows from it in their lives.",
  verifications: "Verifications: what a tenant's activation waits for.",
  holds: "Legal holds: while one is in force its tenant is kept.",
  clusters: "The PostgreSQL servers that hold tenants.",
  webhooks: "Where events are sent, and what became of them.",
  tenant: "A tenant's own side, on its own host.",
  service: "The service itself.",
} as const;

const securitySchemes = {
  operatorKey: {
    type: "http",
    scheme: "bearer",
    description: "An operator key. It is shown once, when it is made.",
  },
};

const headerComponents = {
  ETag: { description: "The version of what was answered.", schema: { type: "string" } },
  Location: {
    description: "Where to follow it.",
    schema: { type: "string", format: "uri-reference" },
  },
  RetryAfter: { description: "When to try again, in seconds.", schema: { type: "integer" } },
  RateLimit: { description: "What is left of the limit.", schema: { type: "string" } },
  RateLimitPolicy: { description: "The limit that holds.", schema: { type: "string" } },
  RequestId: { description: "The request's id, as in the logs.", schema: { type: "string" } },
};

function operationOf({ slice, id, route }: NamedRoute, schemas: Components): OpenApiOperation {
  return {
    operationId: id,
    tags: [slice],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.permission === null ? {} : { "x-permission": route.permission }),
    parameters: [
      ...parametersOf("path", route.params, schemas),
      ...parametersOf("query", route.query, schemas),
      ...headerParametersOf(route),
    ],
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route, route.body, schemas) }),
    responses: { ...answersOf(route, schemas), ...problemsOf(route, schemas) },
    security: route.scope === "platform" ? [{ operatorKey: [] }] : [],
  };
}

function parametersOf(where: "path" | "query", schema: TObject | undefined, schemas: Components) {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = jsonSchema(property, schemas) as { description?: string };
    return {
      name,
      in: where,
      ...(description === undefined ? {} : { description }),
      required: schema?.required?.includes(name as never) ?? false,
      schema: rest,
      ...("type" in rest && rest.type === "array" ? { style: "form", explode: false } : {}),
    };
  });
}

function headerParametersOf(route: Route) {
  return [
    route.ifMatch !== undefined &&
      header(
        "If-Match",
        "The ETag that was read.",
        { type: "string" },
        route.ifMatch === "required",
      ),
    route.idempotent === true &&
      header("Idempotency-Key", "Makes repeating the request harmless.", {
        type: "string",
        minLength: 1,
        maxLength: limits.idempotencyKeyCharsMax,
      }),
    route.waits === true &&
      header("Prefer", `How long to wait for the end, up to ${limits.waitSecondsMax} seconds.`, {
        type: "string",
        examples: ["wait=30"],
      }),
    route.events !== undefined &&
      header("Last-Event-ID", "The last event that was received.", { type: "string" }),
  ].filter((parameter) => parameter !== false);
}

function header(name: string, description: string, schema: object, required = false) {
  return { name, in: "header", description, required, schema };
}

function requestBodyOf(route: Route, body: TObject, schemas: Components) {
  const schema = jsonSchema(body, schemas);
  const types =
    route.method === "PATCH"
      ? ["application/merge-patch+json", "application/json"]
      : ["application/json"];
  return {
    required: ((body.required as readonly string[] | undefined) ?? []).length > 0,
    content: Object.fromEntries(types.map((type) => [type, { schema }])),
  };
}

function answersOf(route: Route, schemas: Components) {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        headers: answerHeadersOf(route, Number(status)),
        content: { [contentType ?? "application/json"]: { schema: jsonSchema(schema, schemas) } },
      },
    ]),
  );
}

function answerHeadersOf(route: Route, status: number) {
  return {
    "X-Request-Id": headerRef("RequestId"),
    ...(route.etag === true ? { ETag: headerRef("ETag") } : {}),
    ...(status === 202 ? { Location: headerRef("Location") } : {}),
  };
}

/** Returns the problems of a route, by status. */
function problemsOf(route: Route, schemas: Components) {
  const byStatus = Map.groupBy(routeErrors(route), statusOf);
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !(status in route.responses))
      .map(([status, codes]) => [
        String(status),
        {
          description: codes.map((code) => `\`${code}\`: ${errorCodes[code].title}`).join("; "),
          headers: problemHeadersOf(status),
          content: {
            [problemContentType]: {
              schema: referTo(problemSchema, schemas),
              examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
            },
          },
        },
      ]),
  );
}

function problemHeadersOf(status: number) {
  return {
    "X-Request-Id": headerRef("RequestId"),
    ...(status === 409 || status === 429 || status === 503
      ? { "Retry-After": headerRef("RetryAfter") }
      : {}),
    ...(status === 429
      ? { RateLimit: headerRef("RateLimit"), "RateLimit-Policy": headerRef("RateLimitPolicy") }
      : {}),
  };
}

function headerRef(name: keyof typeof headerComponents) {
  return { $ref: `#/components/headers/${name}` };
}

const exampleDetails = {
  streamsMax: 100,
  slug: "acme",
  planId: "business",
  tenants: 3,
  requirement: "sign_on",
  record: "_hestia-challenge.app.acme.com",
  found: 0,
  domain: "app.acme.com",
  status: "purged",
  move: "suspend",
  done: "suspended",
  from: ["active", "readonly"],
  file: "0002_orders.sql",
  problem: "relation does not exist",
  operationId: "0197f0a0-0000-7000-8000-000000000002",
  end: "purge",
  store: "rows of orders",
  missing: ["a superuser at install"],
};
const exampleFault = {
  pointer: "/slug",
  code: "too_short",
  message: "The slug must have at least 2 characters.",
};

function exampleOf(code: ErrorCode) {
  const faults = code === "invalid_input" ? [exampleFault] : undefined;
  const error = new HestiaError<ErrorCode>(code, exampleDetails as never, { faults });
  return toProblem(error, "0197f0a0-0000-7000-8000-00000000000a").body;
}

type Components = Record<string, unknown>;

/** Returns the schema as plain JSON, with titled schemas moved to the components. */
function jsonSchema(schema: TSchema, schemas: Components): unknown {
  if (Array.isArray(schema)) return schema.map((each) => jsonSchema(each, schemas));
  if (typeof schema !== "object" || schema === null) return schema;
  return "title" in schema ? referTo(schema, schemas) : inlineSchema(schema, schemas);
}

function referTo(schema: TSchema, schemas: Components): { $ref: string } {
  const { title } = schema as { title: string };
  const plain = inlineSchema(schema, schemas);
  const known = schemas[title] as JsonValue | undefined;
  assert(
    known === undefined || jsonEquals(known, plain as JsonValue),
    `two schemas are called ${title}`,
  );
  schemas[title] = plain;
  return { $ref: `#/components/schemas/${title}` };
}

function inlineSchema(schema: TSchema, schemas: Components): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => keyword !== ruleKeyword)
      .map(([keyword, value]) => {
        if (keyword === "properties")
          return [
            keyword,
            Object.fromEntries(
              Object.entries(value as Record<string, TSchema>).map(([name, property]) => [
                name,
                jsonSchema(property, schemas),
              ]),
            ),
          ];
        if (keyword === "items" || keyword === "anyOf")
          return [keyword, jsonSchema(value, schemas)];
        return [keyword, value];
      }),
  );
}
