// Reads what stands in an address; what is not understood is left out, since anybody may write an address.

/** The value if it is one of these. */
export function oneOf<Value extends string>(
  given: unknown,
  values: readonly Value[],
): Value | undefined {
  return values.find((value) => value === given);
}

/** Those of the given values that are known. */
export function someOf<Value extends string>(
  given: unknown,
  values: readonly Value[],
): readonly Value[] | undefined {
  const known = values.filter((value) => Array.isArray(given) && given.includes(value));
  return known.length === 0 ? undefined : known;
}

/** A text that is there. */
export const textOf = (given: unknown): string | undefined =>
  typeof given === "string" && given !== "" ? given : undefined;

/** The members that have a value. */
export function present<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as never;
}

/**
 * Lets through what the reader of an address understood, and nothing else. The router lays what is read over what stands
 * there, so what was left out would come back as anybody wrote it.
 */
export const onlyKnown =
  <Search extends object>(parse: (search: Record<string, unknown>) => Search) =>
  (search: Record<string, unknown>): Search => ({
    ...Object.fromEntries(Object.keys(search).map((name) => [name, undefined])),
    ...parse(search),
  });
