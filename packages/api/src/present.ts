// From the domain to the wire: members that are undefined are left out, so that a body has only
// members with values.

type Present<Type> = { [Name in keyof Type]: Exclude<Type[Name], undefined> };

/** Returns the object without the members that are undefined. */
export function withoutAbsent<Type extends object>(object: Type): Present<Type> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Present<Type>;
}
