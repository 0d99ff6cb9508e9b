// How a refusal of the data plane answers over HTTP, for any framework. Only what a tenant's own users may hear of is in
// the table: every other error is the application's, whoever threw it.
import {
  type ErrorCode,
  type ErrorKind,
  errorCodes,
  type HestiaError,
  isHestiaError,
  shownDetails,
} from "@hestia/core";

/** The kinds of error that are answered, each with its status. */
const statusOfKind: { readonly [Kind in ErrorKind]?: number } = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
};

/** The codes of the data plane; undefined where the status is that of the kind. */
const answered: { readonly [Code in ErrorCode]?: number | undefined } = {
  tenant_unidentified: 400,
  tenant_sources_disagree: 400,
  tenant_not_found: undefined,
  tenant_suspended: undefined,
  tenant_readonly: undefined,
  tenant_not_ready: undefined,
  tenant_ended: 410,
  tenant_busy: undefined,
  tenant_moved: undefined,
  database_unavailable: undefined,
  database_busy: undefined,
  token_missing: undefined,
  token_invalid: undefined,
  token_keys_unavailable: undefined,
};

const retrySeconds = { unavailable: 2, limited: 1 } as const;

/** A problem as RFC 9457 has it; its type is "about:blank", since what it means stands in `code`. */
export type Problem = {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable; what programs act on. */
  readonly code: ErrorCode;
  /** The request's id. */
  readonly instance?: string;
  readonly details?: Readonly<Record<string, unknown>>;
};

/** The media type of problems. */
export const problemContentType = "application/problem+json";

/** Returns the status that an error is answered with; undefined for what is the application's own. */
export function statusOf(error: unknown): number | undefined {
  if (!isHestiaError(error) || !Object.hasOwn(answered, error.code)) return undefined;
  return answered[error.code] ?? statusOfKind[error.kind];
}

/** Returns the header fields that belong to an error's answer. */
export function headersOf(error: HestiaError): Record<string, string> {
  const seconds =
    error.details.retryAfterSeconds ?? retrySeconds[error.kind as keyof typeof retrySeconds];
  return {
    ...(seconds === undefined ? {} : { "retry-after": String(Math.ceil(seconds)) }),
    ...(error.kind === "unauthenticated" ? { "www-authenticate": challengeOf(error) } : {}),
  };
}

/** What RFC 6750 has a client told: which credential to send, and whether one was sent in vain. */
function challengeOf({ code }: HestiaError): string {
  return code === "token_invalid" ? 'Bearer error="invalid_token"' : "Bearer";
}

/** Returns the problem of an error, or undefined for what is the application's own. */
export function problemOf(error: unknown, requestId?: string): Problem | undefined {
  const status = statusOf(error);
  if (status === undefined || !isHestiaError(error)) return undefined;
  const details = shownDetails(error);
  return {
    title: errorCodes[error.code].title,
    status,
    detail: error.message,
    code: error.code,
    ...(requestId === undefined ? {} : { instance: requestId }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** Answers with the problem of an error, as a fetch-style response; undefined for what is the application's own. */
export function problemResponse(error: unknown, requestId?: string): Response | undefined {
  const problem = problemOf(error, requestId);
  if (problem === undefined) return undefined;
  const headers = { "content-type": problemContentType, ...headersOf(error as HestiaError) };
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
