// The typed client: one method per route, derived from the contract, so that it cannot fall behind.
// A problem is thrown as the HestiaError that it tells of. Works in browsers and in Node.
import { HestiaError } from "@hestia/core";
import type { Static, TSchema } from "typebox";
import { followEvents } from "./client-events.ts";
import { buildRequest, type RequestOptions } from "./client-request.ts";
import { parseRetryAfter } from "./headers.ts";
import { fromProblem } from "./problem.ts";
import type { Route, RouteInput, RouteOutput, RouteResult, Routes } from "./route.ts";
import { routes } from "./routes.ts";

/** Where the server is, and who asks. */
export type ClientConfig = {
  /** The server's origin, such as `http://127.0.0.1:4378`. */
  readonly baseUrl: string;
  /** An operator key; without one, the browser's session or nothing. */
  readonly key?: string | undefined;
  /** Header fields for every request, such as the one that names a tenant. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What sends the requests, where it is not the platform's own. */
  readonly fetch?: typeof fetch | undefined;
};

/** What any call may be told. */
type CommonOptions = {
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
  /** The request's id, for the logs of both ends. */
  readonly requestId?: string | undefined;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

/** What a call of the route may be told beside its input. */
export type CallOptions<R> = CommonOptions &
  (R extends { readonly idempotent: true }
    ? { readonly idempotencyKey?: string | undefined }
    : unknown) &
  (R extends { readonly waits: true } ? { readonly waitSeconds?: number | undefined } : unknown) &
  (R extends { readonly ifMatch: "required" } ? { readonly ifMatch: string } : unknown) &
  (R extends { readonly ifMatch: "optional" }
    ? { readonly ifMatch?: string | undefined }
    : unknown);

type Nothing = Record<never, never>;

/** The arguments of a call; those that may all be absent may be left out. */
export type CallArguments<R> =
  Nothing extends CallOptions<R>
    ? Nothing extends RouteInput<R>
      ? [input?: RouteInput<R>, options?: CallOptions<R>]
      : [input: RouteInput<R>, options?: CallOptions<R>]
    : [input: RouteInput<R>, options: CallOptions<R>];

/** An answer with what came beside its body. */
export type ClientResponse<R extends Route> = RouteResult<R> & {
  /** Send it as `ifMatch` with a change. */
  readonly etag?: string;
  /** Where what was asked for can be followed. */
  readonly location?: string;
  readonly requestId?: string;
  readonly headers: Headers;
};

/** A route as a function that returns the body, or with `withResponse` everything. */
export type ClientMethod<R extends Route> = {
  (...args: CallArguments<R>): Promise<RouteOutput<R>>;
  withResponse(...args: CallArguments<R>): Promise<ClientResponse<R>>;
};

/** A route of server-sent events as a function that returns them as they come. */
export type ClientEvents<R, Event extends TSchema> = (
  ...args: CallArguments<R>
) => AsyncIterable<Static<Event>>;

/** The client of the given slices. */
export type ClientOf<Slices> = {
  readonly [Slice in keyof Slices]: {
    readonly [Name in keyof Slices[Slice]]: Slices[Slice][Name] extends {
      readonly events: infer Event extends TSchema;
    }
      ? ClientEvents<Slices[Slice][Name], Event>
      : Slices[Slice][Name] extends Route
        ? ClientMethod<Slices[Slice][Name]>
        : never;
  };
};

/** The client of the whole API. */
export type Client = ClientOf<typeof routes>;

/**
 * Makes a client.
 *
 * @example
 * const client = createClient({ baseUrl: "http://127.0.0.1:4378", key });
 * const tenant = await client.tenants.create({ slug: "acme", name: "Acme" }, { waitSeconds: 30 });
 * const { body, etag } = await client.tenants.get.withResponse({ tenantId: tenant.id });
 */
export function createClient(config: ClientConfig): Client {
  const slices = Object.entries(routes).map(([slice, sliceRoutes]: [string, Routes]) => [
    slice,
    Object.fromEntries(
      Object.entries(sliceRoutes).map(([name, route]) => [name, methodOf(config, route)]),
    ),
  ]);
  return Object.fromEntries(slices) as Client;
}

type Call = (input?: Record<string, unknown>, options?: RequestOptions) => Promise<LooseResponse>;
type LooseResponse = Omit<ClientResponse<Route>, "body" | "status"> & {
  readonly status: number;
  readonly body: unknown;
};

function methodOf(config: ClientConfig, route: Route) {
  if (route.events !== undefined)
    return (input?: Record<string, unknown>, options?: RequestOptions) =>
      followEvents({
        open: (headers) =>
          send(config, route, input, { ...options, headers: { ...options?.headers, ...headers } }),
        signal: options?.signal,
      });
  const withResponse: Call = async (input, options) =>
    readResponse(route, await send(config, route, input, options));
  const bodyAlone = async (...args: Parameters<Call>) => (await withResponse(...args)).body;
  return Object.assign(bodyAlone, { withResponse });
}

/** Sends a request; an answer that is a problem is thrown. */
async function send(
  config: ClientConfig,
  route: Route,
  input: Record<string, unknown> = {},
  options: RequestOptions = {},
): Promise<Response> {
  const { url, init } = buildRequest(config, route, input, options);
  const response = await (config.fetch ?? fetch)(url, init).catch((cause: unknown) => {
    // A call that was given up is no fault of the server's.
    if (options.signal?.aborted === true) throw cause;
    throw new HestiaError("server_unreachable", { url: config.baseUrl }, { cause });
  });
  if (response.status in route.responses && !isProblem(response)) return response;
  throw fromProblem(
    response.status,
    await readBody(response),
    parseRetryAfter(response.headers.get("retry-after"), Date.now()),
  );
}

async function readResponse(route: Route, response: Response): Promise<LooseResponse> {
  const body = await readBody(response);
  const isText = route.responses[response.status]?.contentType !== undefined;
  if (!isText && typeof body === "string")
    throw new HestiaError("response_unexpected", { status: response.status });
  return {
    status: response.status,
    body,
    headers: response.headers,
    ...field(response, "etag", "etag"),
    ...field(response, "location", "location"),
    ...field(response, "requestId", "x-request-id"),
  };
}

function field(response: Response, name: string, header: string): Record<string, string> {
  const value = response.headers.get(header);
  return value === null ? {} : { [name]: value };
}

/** Returns the body as JSON, or as text where it is none. */
async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!/[/+]json\b/.test(response.headers.get("content-type") ?? "")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isProblem(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").startsWith("application/problem+json");
}
