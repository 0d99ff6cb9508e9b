// The table of codes, docs/errors.md and the routes agree: each code is documented with its kind and
// status, and is either some route's or listed here with where else it comes from.
import { readFileSync } from "node:fs";
import { type ErrorCode, errorCodes } from "@hestia/core";
import { expect, test } from "vitest";
import { statusOf } from "./problem.ts";
import { routeErrors } from "./route.ts";
import { listRoutes } from "./routes.ts";

const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const documented = new Map(
  [...text.matchAll(/^### `(\w+)`\n+\*\*(\w+)\*\* · (\d+|no HTTP)\n+(\S[^#]*)/gm)].map(
    ([, code, kind, status, prose]) => [code, { kind, status, prose }],
  ),
);
const codes = Object.keys(errorCodes) as ErrorCode[];

const notOfOneRoute = {
  "the router": ["route_not_found", "method_not_allowed"],
  "the server, before there is a route": ["request_malformed", "headers_too_large", "request_slow"],
  "the middleware and the library, in the application": [
    "tenant_readonly",
    "tenant_busy",
    "tenant_moved",
    "scope_missing",
    "context_missing",
    "statement_refused",
    "result_too_large",
    "database_busy",
    "token_missing",
    "token_invalid",
    "token_keys_unavailable",
    "job_envelope_invalid",
    "file_key_invalid",
  ],
  "an operation's error": [
    "operation_timed_out",
    "row_too_large",
    "erasure_incomplete",
    "table_not_isolated",
    "table_not_isolatable",
    "partition_in_use",
    "migrations_incomplete",
  ],
  "a fault of an input": ["cluster_not_found"],
  "the start": ["configuration_invalid", "database_unsuitable", "server_already_running"],
  "the client": ["server_unreachable", "response_unexpected"],
} as const satisfies Record<string, readonly ErrorCode[]>;

test("every code is documented, with its kind and its status, and nothing else is", () => {
  expect([...documented.keys()]).toEqual(codes);
  for (const code of codes) {
    const { kind, status } = documented.get(code) ?? {};
    expect(kind, code).toBe(errorCodes[code].kind);
    expect([String(statusOf(code)), "no HTTP"], code).toContain(status);
  }
});

test("every code is some route's, or comes from somewhere that is named", () => {
  const ofRoutes = new Set(listRoutes().flatMap(({ route }) => routeErrors(route)));
  const elsewhere = new Set<ErrorCode>(Object.values(notOfOneRoute).flat());
  expect(codes.filter((code) => !ofRoutes.has(code) && !elsewhere.has(code))).toEqual([]);
  expect([...elsewhere].filter((code) => ofRoutes.has(code))).toEqual([]);
});

test("what is said to have no HTTP status is no route's", () => {
  const ofRoutes = new Set<string>(listRoutes().flatMap(({ route }) => routeErrors(route)));
  const offline = [...documented].filter(([, { status }]) => status === "no HTTP");
  expect(offline.filter(([code]) => ofRoutes.has(code as string))).toEqual([]);
});
