// Assertions: for our own bugs, never for an expected condition (that is a HestiaError).

/** A bug in Hestia itself: an invariant did not hold. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws an AssertionError that says why when the condition does not hold. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why);
}

/** Marks a case that the types rule out; reaching it is a bug. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
