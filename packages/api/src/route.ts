// A route is data: from it come validation, OpenAPI, the typed client and the completeness tests.
// Every member of a route's input has one name, whether it travels in the path, the query or the
// body, so that handlers and clients see one flat input.
import type { ErrorCode } from "@hestia/core";
import { type Static, type TObject, type TOptional, type TSchema, Type } from "typebox";

/** The methods in use. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who a route is for: operators of the platform, one tenant's users, or anyone. */
export type RouteScope = "platform" | "tenant" | "public";

/** One answer of a route. */
export type RouteResponse = {
  readonly description: string;
  readonly schema: TSchema;
  /** The media type, where it is not JSON. */
  readonly contentType?: "text/html" | "text/event-stream";
};

/** One operation of the API. */
export type Route = {
  readonly method: Method;
  /** The path, with parameters in braces. */
  readonly path: `/${string}`;
  readonly scope: RouteScope;
  /** The permission that the caller needs, or null where being identified is enough. */
  readonly permission: string | null;
  readonly summary: string;
  readonly description?: string;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TObject;
  /** The largest body, where it is not the usual one. */
  readonly bodyBytesMax?: number;
  /** The answers other than problems, by status. */
  readonly responses: { readonly [status: number]: RouteResponse };
  /** The codes of its own; `routeErrors` adds those that its other members imply. */
  readonly errors: readonly ErrorCode[];
  /** Honours `Idempotency-Key`. */
  readonly idempotent?: true;
  /** Starts an operation and honours `Prefer: wait=N`. */
  readonly waits?: true;
  /** Answers with an ETag. */
  readonly etag?: true;
  /** Whether it honours `If-Match`, and whether it insists on it. */
  readonly ifMatch?: "required" | "optional";
  /** What each server-sent event holds, where the answer is a stream of them. */
  readonly events?: TSchema;
};

/** A slice's routes by the name of their operation. */
export type Routes = { readonly [name: string]: Route };

/** A schema of an optional member that is filled in when absent. */
export type TDefaulted<Schema extends TSchema> = TOptional<Schema> & {
  readonly default: Static<Schema>;
};

/** Makes a member optional and says what it is when absent. */
export function defaulted<Schema extends TSchema>(
  schema: Schema,
  value: Static<Schema>,
): TDefaulted<Schema> {
  return Object.assign(Type.Optional(schema), { default: value }) as TDefaulted<Schema>;
}

type Part<R, Name extends "params" | "query" | "body"> = R extends {
  readonly [N in Name]: infer Schema extends TObject;
}
  ? Schema
  : never;

type Sent<Schema> = [Schema] extends [never]
  ? unknown
  : Schema extends TObject
    ? Static<Schema>
    : never;

type Read<Schema> = [Schema] extends [never]
  ? unknown
  : Schema extends TObject<infer Properties>
    ? Static<Schema> & {
        [Name in keyof Properties as Properties[Name] extends TDefaulted<TSchema>
          ? Name
          : never]: Static<Properties[Name]>;
      }
    : never;

type Flat<Type> = { [Name in keyof Type]: Type[Name] };

// A client may pass on an option that it was not given: undefined counts as absent.
type Lenient<Type> = {
  [Name in keyof Type]: Record<never, never> extends Pick<Type, Name>
    ? Type[Name] | undefined
    : Type[Name];
};

/** What a client sends: all members of path, query and body in one. */
export type RouteInput<R> = Lenient<
  Sent<Part<R, "params">> & Sent<Part<R, "query">> & Sent<Part<R, "body">>
>;

/** What a handler receives: the same, checked and with defaults filled in. */
export type ParsedInput<R> = Flat<
  Read<Part<R, "params">> & Read<Part<R, "query">> & Read<Part<R, "body">>
>;

/** What a handler answers with: one of the route's statuses and its body. */
export type RouteResult<R extends Route> = {
  [Status in keyof R["responses"] & number]: {
    readonly status: Status;
    readonly body: Static<R["responses"][Status]["schema"]>;
  };
}[keyof R["responses"] & number];

/** The body of any of a route's answers. */
export type RouteOutput<R extends Route> = RouteResult<R>["body"];

const always = ["database_unavailable", "request_timeout", "server_stopping", "internal"] as const;

/** Returns every code that the route may answer with: its own and those that its members imply. */
export function routeErrors(route: Route): readonly ErrorCode[] {
  const implied: (readonly ErrorCode[] | false)[] = [
    route.errors,
    route.scope === "platform" && ["unauthenticated", "forbidden"],
    route.scope === "tenant" && tenantScopeErrors,
    (route.params ?? route.query ?? route.body) !== undefined && ["invalid_input"],
    route.body !== undefined && ["invalid_json", "body_too_large", "unsupported_media_type"],
    route.idempotent === true && ["idempotency_key_reused", "idempotency_in_flight"],
    route.waits === true && ["operation_failed"],
    route.ifMatch === "required" && ["precondition_required"],
    route.ifMatch !== undefined && ["precondition_failed"],
    route.path.startsWith("/v1/") && always,
  ];
  return [...new Set(implied.flatMap((codes) => codes || []))];
}

const tenantScopeErrors = [
  "tenant_unidentified",
  "tenant_sources_disagree",
  "tenant_not_found",
  "tenant_suspended",
  "tenant_not_ready",
  "tenant_ended",
] as const;
