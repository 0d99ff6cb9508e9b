// The one class for expected conditions. Its message is for the caller; internals go in `cause`,
// and only the details that the table lists as shown ever leave the process.
import { type ErrorCode, errorCodes } from "./error-codes.ts";
import type { ErrorCodeEntry, ErrorKind } from "./error-kinds.ts";
import type { Fault } from "./faults.ts";

/** The details that a code's message needs. */
export type ErrorDetails<Code extends ErrorCode> =
  Parameters<(typeof errorCodes)[Code]["message"]> extends [infer Details]
    ? Details & ExtraDetails
    : ExtraDetails;

/** Details that any error may carry, for logs and for the code's own shown members. */
export type ExtraDetails = {
  /** When to try again; becomes Retry-After. */
  readonly retryAfterSeconds?: number;
  readonly [name: string]: unknown;
};

/** What else an error may be given. */
export type HestiaErrorOptions = {
  /** What led to it; logged, never shown. */
  readonly cause?: unknown;
  /** The faults of an input. */
  readonly faults?: readonly Fault[] | undefined;
  /** The message of an error that another process made. */
  readonly message?: string | undefined;
};

type ErrorArguments<Code extends ErrorCode> =
  Record<never, never> extends ErrorDetails<Code>
    ? [details?: ErrorDetails<Code>, options?: HestiaErrorOptions]
    : [details: ErrorDetails<Code>, options?: HestiaErrorOptions];

/**
 * An expected condition that the caller can act on.
 *
 * @example throw new HestiaError("tenant_slug_taken", { slug: "acme" });
 */
export class HestiaError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "HestiaError";
  readonly code: Code;
  readonly kind: ErrorKind;
  readonly details: ExtraDetails;
  readonly faults?: readonly Fault[];

  constructor(code: Code, ...[details, options = {}]: ErrorArguments<Code>) {
    const entry: ErrorCodeEntry = errorCodes[code];
    super(
      options.message ?? entry.message((details ?? {}) as never),
      "cause" in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.kind = entry.kind;
    this.details = details ?? {};
    if (options.faults !== undefined) this.faults = options.faults;
  }
}

/** Tells whether the value is a HestiaError, of the given code if one is given. */
export function isHestiaError<Code extends ErrorCode = ErrorCode>(
  value: unknown,
  code?: Code,
): value is HestiaError<Code> {
  return value instanceof HestiaError && (code === undefined || value.code === code);
}

/** Tells whether the text is a code of the table. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(errorCodes, text);
}

/** Returns the details that a client may see. */
export function shownDetails(error: HestiaError): Record<string, unknown> {
  const entry: ErrorCodeEntry = errorCodes[error.code];
  return Object.fromEntries(
    (entry.shown ?? [])
      .filter((name) => error.details[name] !== undefined)
      .map((name) => [name, error.details[name]]),
  );
}
