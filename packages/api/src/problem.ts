// Problems (RFC 9457) ⇄ HestiaError: the one place where a kind of error becomes an HTTP status.
// What is internal never leaves: its problem says only that the log knows more.
import {
  type ErrorCode,
  type ErrorKind,
  errorCodes,
  type Fault,
  HestiaError,
  isErrorCode,
  isHestiaError,
  limits,
  shownDetails,
} from "@hestia/core";
import { type Static, Type } from "typebox";

const statusOfKind = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorKind, number>;

/** The codes for which HTTP has a better status than their kind's. */
const statusOfCode: { readonly [Code in ErrorCode]?: number } = {
  invalid_json: 400,
  tenant_unidentified: 400,
  tenant_sources_disagree: 400,
  request_malformed: 400,
  method_not_allowed: 405,
  request_slow: 408,
  tenant_ended: 410,
  precondition_failed: 412,
  body_too_large: 413,
  unsupported_media_type: 415,
  precondition_required: 428,
  headers_too_large: 431,
};

/** Returns the HTTP status of a code. */
export function statusOf(code: ErrorCode): number {
  return statusOfCode[code] ?? statusOfKind[errorCodes[code].kind];
}

/** The schema of a problem. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ format: "uri-reference", description: "Where the code is explained." }),
    title: Type.String({ description: "The kind of problem; the same in every occurrence." }),
    status: Type.Integer(),
    detail: Type.String({ description: "One sentence that says what to do." }),
    code: Type.String({ description: "Stable; what programs act on." }),
    instance: Type.Optional(Type.String({ description: "The request's id." })),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({ description: "A JSON pointer to the member of the input." }),
            code: Type.String(),
            message: Type.String(),
          },
          { title: "Fault" },
        ),
        { description: "Every fault of the input." },
      ),
    ),
    details: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        description: "What a program may need beside the code, such as `operationId`.",
      }),
    ),
  },
  { title: "Problem" },
);

/** The body of an error's answer. */
export type Problem = Static<typeof problemSchema>;

/** An error's answer. */
export type ProblemResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
};

/** The media type of problems. */
export const problemContentType = "application/problem+json";

/** Turns anything thrown into the answer for it; what is not a HestiaError is `internal`. */
export function toProblem(thrown: unknown, requestId?: string): ProblemResponse {
  const error = publicError(thrown);
  const status = statusOf(error.code);
  const details = shownDetails(error);
  return {
    status,
    headers: { "content-type": problemContentType, ...headersOf(error) },
    body: {
      type: `/docs/errors#${error.code}`,
      title: errorCodes[error.code].title,
      status,
      detail: error.message,
      code: error.code,
      ...(requestId === undefined ? {} : { instance: requestId }),
      ...(error.faults === undefined ? {} : { errors: [...error.faults] }),
      ...(Object.keys(details).length === 0 ? {} : { details }),
    },
  };
}

/**
 * Turns an answer back into the error that it tells of.
 *
 * `details` then also holds `status`, and where they are known `requestId` and `retryAfterSeconds`.
 */
export function fromProblem(
  status: number,
  body: unknown,
  retryAfterSeconds?: number | undefined,
): HestiaError {
  const problem = isProblem(body) ? body : undefined;
  const details = {
    ...problem?.details,
    status,
    ...(problem?.instance === undefined ? {} : { requestId: problem.instance }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  // A newer server may know codes that this client does not: its sentence is still worth showing.
  const code = isErrorCode(problem?.code) ? problem.code : "response_unexpected";
  return new HestiaError<ErrorCode>(code, details as never, {
    message: problem?.detail,
    faults: problem?.errors as readonly Fault[] | undefined,
  });
}

function publicError(thrown: unknown): HestiaError {
  return isHestiaError(thrown) && thrown.kind !== "internal"
    ? thrown
    : new HestiaError("internal", {}, { cause: thrown });
}

/** When to try again, in seconds, where who throws the error does not know better. */
const retrySeconds: {
  readonly codes: { readonly [Code in ErrorCode]?: number };
  readonly kinds: { readonly [Kind in ErrorKind]?: number };
} = {
  codes: { tenant_not_ready: limits.tenantNotReadyRetrySeconds, idempotency_in_flight: 1 },
  kinds: { unavailable: 2, limited: 1 },
};

function headersOf(error: HestiaError): Record<string, string> {
  const { allowed } = error.details;
  const retryAfterSeconds =
    error.details.retryAfterSeconds ??
    retrySeconds.codes[error.code] ??
    retrySeconds.kinds[error.kind];
  return {
    ...(retryAfterSeconds === undefined
      ? {}
      : { "retry-after": String(Math.ceil(retryAfterSeconds)) }),
    ...(error.code === "unauthenticated" ? { "www-authenticate": 'Bearer realm="hestia"' } : {}),
    ...(Array.isArray(allowed) ? { allow: allowed.join(", ") } : {}),
  };
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    typeof body.code === "string" &&
    "detail" in body &&
    typeof body.detail === "string"
  );
}
