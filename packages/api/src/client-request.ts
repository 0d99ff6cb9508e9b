// From a route and its flat input to a request: each member goes where the contract says. A member
// that the contract does not know still travels, so that the server can refuse it by name.
import { HestiaError, parseSentKey } from "@hestia/core";
import type { Method, Route } from "./route.ts";

/** What a call may be told, of any route. */
export type RequestOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly requestId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly waitSeconds?: number | undefined;
  readonly ifMatch?: string | undefined;
};

type Sender = {
  readonly baseUrl: string;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

/** Builds the request of a route. */
export function buildRequest(
  sender: Sender,
  route: Route,
  input: Readonly<Record<string, unknown>>,
  options: RequestOptions,
): { url: URL; init: RequestInit } {
  const { path, query, body } = distribute(route, input);
  const url = new URL(sender.baseUrl.replace(/\/+$/, "") + path);
  url.search = query.toString();
  return {
    url,
    init: {
      method: route.method,
      headers: headersOf(sender, options, body === undefined ? undefined : mediaType(route.method)),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  };
}

function distribute(route: Route, input: Readonly<Record<string, unknown>>) {
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    segmentOf(name, String(input[name])),
  );
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || isIn(route.params, name)) continue;
    if (route.body !== undefined && !isIn(route.query, name)) body[name] = value;
    else query.set(name, String(value));
  }
  return { path, query, body: route.body === undefined ? undefined : body };
}

// An address reads these as steps: what was asked of a part would be done to the whole.
function segmentOf(name: string, value: string): string {
  if (value !== "" && value !== "." && value !== "..") return encodeURIComponent(value);
  const message = `${name} must be an id.`;
  throw new HestiaError(
    "invalid_input",
    {},
    { faults: [{ pointer: `/${name}`, code: "malformed", message }] },
  );
}

function isIn(schema: Route["params"], name: string): boolean {
  return schema !== undefined && Object.hasOwn(schema.properties, name);
}

function mediaType(method: Method): string {
  return method === "PATCH" ? "application/merge-patch+json" : "application/json";
}

function headersOf(
  sender: Sender,
  options: RequestOptions,
  contentType: string | undefined,
): Record<string, string> {
  const fields: Record<string, string | undefined> = {
    accept: "application/json, application/problem+json",
    "content-type": contentType,
    authorization: sender.key === undefined ? undefined : bearer(sender.key),
    "idempotency-key": options.idempotencyKey,
    "if-match": options.ifMatch,
    prefer: options.waitSeconds === undefined ? undefined : `wait=${options.waitSeconds}`,
    "x-request-id": options.requestId,
    ...sender.headers,
    ...options.headers,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

// Said here in words: what fetch says of such a key would look like a server that cannot be reached.
function bearer(text: string): string {
  const { value, faults } = parseSentKey(text);
  if (faults === undefined) return `Bearer ${value}`;
  const message = `The operator key cannot be sent. ${faults[0].message}`;
  throw new HestiaError("configuration_invalid", {}, { message, faults });
}
