// The one place where a kind of error becomes an exit code, so that a script can act without reading a text.
import type { ErrorKind } from "@hestia/core";

/** Exit codes by kind of error; 0 is success. */
export const exitCodes = {
  internal: 1,
  invalid: 2,
  unauthenticated: 3,
  forbidden: 3,
  not_found: 4,
  conflict: 5,
  limited: 6,
  unavailable: 7,
} as const satisfies Record<ErrorKind, number>;

/** What a shell expects of a command that Ctrl-C ended. */
export const interruptedCode = 130;

/** Ends the command with a code when everything has been said already. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
