// The one place where this folder makes its errors: one sentence that says what to do, internals in `cause`.

/** An expected failure of the embedded server: `database_unsuitable` (wrong for us) or `database_unavailable` (not there now). */
export function databaseFault(
  code: "database_unsuitable" | "database_unavailable",
  message: string,
  cause?: unknown,
): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}
