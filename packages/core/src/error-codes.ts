// The one table of error codes. Kinds are closed; codes are open, stable for ever, and added only
// when a program would act on the difference. A message is one sentence that says what to do, and
// tells nothing about another tenant: whatever is absent or not permitted reads the same.
import type { ErrorCodeEntry } from "./error-kinds.ts";
import { operationCodes, tenantCodes } from "./tenant-error-codes.ts";
import { webhookCodes } from "./webhook-error-codes.ts";

const inputCodes = {
  invalid_input: {
    kind: "invalid",
    title: "The input has faults",
    message: ({ count }: { count?: number }) =>
      count === undefined || count === 1
        ? "The input has a fault; correct what is listed under errors and send it again."
        : `The input has ${count} faults; correct what is listed under errors and send it again.`,
  },
  invalid_json: {
    kind: "invalid",
    title: "The body is not JSON",
    message: () => "The body is not valid JSON; send one JSON value in UTF-8.",
  },
  body_too_large: {
    kind: "invalid",
    title: "The body is too large",
    message: ({ bytesMax }: { bytesMax?: number }) =>
      `The body is too large; send ${bytesMax === undefined ? "less" : `at most ${bytesMax} bytes`}.`,
    shown: ["bytesMax"],
  },
  unsupported_media_type: {
    kind: "invalid",
    title: "The media type is not supported",
    message: ({ accepted = ["application/json"] }: { accepted?: readonly string[] }) =>
      `The body's media type is not supported; send it as ${accepted.join(" or ")}.`,
  },
  cursor_invalid: {
    kind: "invalid",
    title: "The cursor is not valid here",
    message: () =>
      "The cursor does not belong to this list with this filter and order; start again without it.",
  },
  configuration_invalid: {
    kind: "invalid",
    title: "The configuration has faults",
    message: () => "The configuration has faults; correct what is listed and start again.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;

const requestCodes = {
  unauthenticated: {
    kind: "unauthenticated",
    title: "Authentication is needed",
    message: () => "No valid credential came with the request; send `Authorization: Bearer <key>`.",
  },
  operator_key_not_found: {
    kind: "not_found",
    title: "No such operator key",
    message: () => "There is no such operator key; check its id.",
  },
  operator_key_last: {
    kind: "conflict",
    title: "It is the last operator key",
    message: () => "Nobody could enter any more without this key; create another one first.",
  },
  origin_refused: {
    kind: "forbidden",
    title: "The request comes from another site",
    message: () =>
      "A session's cookie opens something only when the console itself asks; send an operator key instead.",
  },
  forbidden: {
    kind: "forbidden",
    title: "Not permitted",
    message: () => "This credential does not permit that; use one that does.",
  },
  too_many_attempts: {
    kind: "limited",
    title: "Too many attempts",
    message: () => "There were too many attempts from this address; wait a minute.",
  },
  too_many_streams: {
    kind: "limited",
    title: "Too many streams",
    message: ({ streamsMax }: { streamsMax: number }) =>
      `${streamsMax} streams of this operator key are open on this server; close some of them.`,
    shown: ["streamsMax"],
  },
  route_not_found: {
    kind: "not_found",
    title: "No such route",
    message: () => "Nothing is served at this path; /openapi.json lists the routes.",
  },
  method_not_allowed: {
    kind: "invalid",
    title: "The method is not allowed",
    message: ({ allowed }: { allowed?: readonly string[] }) =>
      `This path does not take that method; ${
        allowed === undefined ? "see /openapi.json" : `use ${allowed.join(", ")}`
      }.`,
    shown: ["allowed"],
  },
  request_malformed: {
    kind: "invalid",
    title: "The request is not HTTP",
    message: () => "The request cannot be read as HTTP/1.1; send it with a proper HTTP client.",
  },
  headers_too_large: {
    kind: "invalid",
    title: "The header fields are too large",
    message: ({ bytesMax }: { bytesMax?: number }) =>
      `The request's first line and header fields are too large; send ${bytesMax === undefined ? "less" : `at most ${bytesMax} bytes`}.`,
    shown: ["bytesMax"],
  },
  request_slow: {
    kind: "unavailable",
    title: "The request came too slowly",
    message: () => "The request did not arrive in time; send it again on a better connection.",
  },
  precondition_required: {
    kind: "invalid",
    title: "If-Match is required",
    message: () => "Send If-Match with the ETag that you read, so that no one's change is lost.",
  },
  precondition_failed: {
    kind: "conflict",
    title: "It changed since it was read",
    message: () => "It has changed since you read it; read it again and repeat your change.",
  },
  idempotency_key_reused: {
    kind: "invalid",
    title: "The idempotency key was used for another request",
    message: () => "This Idempotency-Key came with another request before; use a fresh one.",
  },
  idempotency_in_flight: {
    kind: "conflict",
    title: "The first request is still running",
    message: () => "The first request with this Idempotency-Key is still running; ask again soon.",
  },
  request_timeout: {
    kind: "unavailable",
    title: "The request took too long",
    message: () => "The request took too long and was given up; try it again.",
  },
  server_stopping: {
    kind: "unavailable",
    title: "The server is stopping",
    message: () => "This server is stopping; send the request again.",
  },
  internal: {
    kind: "internal",
    title: "Something went wrong inside",
    message: () => "Something went wrong inside; the log has the details under the request's id.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;

const databaseCodes = {
  database_unavailable: {
    kind: "unavailable",
    title: "The database does not answer",
    message: () => "The database does not answer at present; try again shortly.",
  },
  database_busy: {
    kind: "unavailable",
    title: "All connections are busy",
    message: () => "All connections to the database are busy; try again shortly.",
  },
  database_unsuitable: {
    kind: "unavailable",
    title: "The database is not suitable",
    message: ({ problem }: { problem: string }) => problem,
  },
  migration_failed: {
    kind: "conflict",
    title: "A migration failed",
    message: ({ file, problem }: { file: string; problem: string; line?: number | undefined }) =>
      `The migration ${file} failed and changed nothing: ${problem}`,
    shown: ["file"],
  },
  migrations_incomplete: {
    kind: "conflict",
    title: "Some targets did not get their migrations",
    message: ({ problem }: { problem: string }) => problem,
  },
  migrations_not_waiting: {
    kind: "conflict",
    title: "No run of migrations waits",
    message: () => "No run of migrations waits to be continued; begin one.",
  },
  migration_changed: {
    kind: "conflict",
    title: "An applied migration was changed",
    message: ({ file }: { file: string }) =>
      `The migration ${file} differs from what was stored; restore it and add a new file instead.`,
    shown: ["file"],
  },
  migration_missing: {
    kind: "conflict",
    title: "An applied migration is missing",
    message: ({ file }: { file: string }) =>
      `The migration ${file} was applied before and is missing now; put it back.`,
    shown: ["file"],
  },
  isolation_check_not_found: {
    kind: "not_found",
    title: "No such isolation check",
    message: () => "There is no such isolation check; check its id.",
  },
  isolation_check_running: {
    kind: "conflict",
    title: "An isolation check is running",
    message: () => "An isolation check is running already; wait for its end, or cancel it.",
  },
  table_not_isolated: {
    kind: "conflict",
    title: "A table is neither isolated nor shared",
    message: ({ table }: { table: string }) =>
      `The table ${table} is neither isolated nor shared; call hestia.isolate or hestia.share for it.`,
    shown: ["table"],
  },
  table_not_isolatable: {
    kind: "conflict",
    title: "A table cannot be isolated",
    message: ({ table, reason }: { table: string; reason: string }) =>
      `The table ${table} cannot be isolated: ${reason}`,
    shown: ["table", "reason"],
  },
} as const satisfies Record<string, ErrorCodeEntry>;

const libraryCodes = {
  statement_refused: {
    kind: "forbidden",
    title: "The statement is refused",
    message: ({ rule }: { rule: string }) => `The statement was not sent: ${rule}`,
    shown: ["rule"],
  },
  result_too_large: {
    kind: "limited",
    title: "The result is too large",
    message: ({ bytesMax }: { bytesMax?: number }) =>
      `The result is larger than ${bytesMax ?? "the limit of"} bytes and was cut off; ask for fewer rows or columns at a time.`,
    shown: ["bytesMax"],
  },
  scope_missing: {
    kind: "internal",
    title: "The statement has no tenant's scope",
    message: () => "The database saw no valid scope; go through hestia.tenant() or its pool.",
  },
  tenant_moved: {
    kind: "unavailable",
    title: "The tenant is moving",
    message: () => "The tenant has just moved to another place; try again.",
  },
  context_missing: {
    kind: "internal",
    title: "No tenant in the context",
    message: () =>
      "No tenant is in the context; run this inside a tenant's request or job, or name the tenant.",
  },
  token_missing: {
    kind: "unauthenticated",
    title: "A token is needed",
    message: () => "No token came with the request; send `Authorization: Bearer <token>`.",
  },
  token_invalid: {
    kind: "unauthenticated",
    title: "The token is not valid",
    message: () => "The request's token is not valid here; get a fresh one and send it again.",
  },
  token_keys_unavailable: {
    kind: "unavailable",
    title: "Tokens cannot be checked at present",
    message: () => "The keys that tokens are checked with cannot be had at present; try again.",
  },
  job_envelope_invalid: {
    kind: "invalid",
    title: "The job's envelope is not valid",
    message: ({ reason }: { reason: string }) => `The job was not run: ${reason}`,
    shown: ["reason"],
  },
  file_key_invalid: {
    kind: "invalid",
    title: "The file's key is not valid",
    message: () =>
      "The file's key is not valid; write it as reports/2026.pdf, with no dots for a folder.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;

const clientCodes = {
  server_unreachable: {
    kind: "unavailable",
    title: "The server cannot be reached",
    message: ({ url }: { url: string }) =>
      `No answer from ${url}; see that the server runs and that the address is right.`,
  },
  response_unexpected: {
    kind: "internal",
    title: "The answer is not Hestia's",
    message: ({ status }: { status: number }) =>
      `The answer (HTTP ${status}) is not one of Hestia's; see what stands at that address.`,
  },
  server_already_running: {
    kind: "conflict",
    title: "A server is running already",
    message: ({ where }: { where: string }) => `Hestia runs already: ${where}.`,
  },
} as const satisfies Record<string, ErrorCodeEntry>;

/** The table of all error codes. */
export const errorCodes = {
  ...inputCodes,
  ...requestCodes,
  ...tenantCodes,
  ...operationCodes,
  ...webhookCodes,
  ...databaseCodes,
  ...libraryCodes,
  ...clientCodes,
} as const satisfies Record<string, ErrorCodeEntry>;

/** A code of the table. */
export type ErrorCode = keyof typeof errorCodes;
