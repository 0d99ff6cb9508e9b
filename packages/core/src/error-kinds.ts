// The kinds of error, which are closed, and what the table of codes has of each code.

/** The kinds of error; each maps to an HTTP status in the api and to an exit code in the cli. */
export const errorKinds = [
  "invalid",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  "limited",
  "unavailable",
  "internal",
] as const;

/** One of the eight kinds of error. */
export type ErrorKind = (typeof errorKinds)[number];

/** One row of the table. */
export type ErrorCodeEntry = {
  readonly kind: ErrorKind;
  /** A few words for the kind of problem; the same in every occurrence. */
  readonly title: string;
  /** One sentence for this occurrence that says what to do. */
  readonly message: (details: never) => string;
  /** The details that a client may see; everything else stays inside. */
  readonly shown?: readonly string[];
};
