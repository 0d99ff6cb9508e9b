// The one place where this folder makes its errors: one sentence that says what to do, internals in `cause`.
import { HestiaError } from "@hestia/core";

/** The embedded server cannot be had: `database_unsuitable` for good, `database_unavailable` for now. */
export function databaseError(
  code: "database_unsuitable" | "database_unavailable",
  message: string,
  cause?: unknown,
): HestiaError {
  const options = { message, cause };
  return code === "database_unsuitable"
    ? new HestiaError(code, { problem: message }, options)
    : new HestiaError(code, {}, options);
}
