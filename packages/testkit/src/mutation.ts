// What a mutation is: one piece of protection taken away on the scratch copy, and put back.

/** One weakening, as SQL of the administrator in the attacker's database. */
export type Mutation = {
  readonly name: string;
  /** The table whose probes are the likeliest to see it. */
  readonly object: string;
  /** Takes away what would hide it. */
  readonly lift?: readonly string[];
  readonly harm: readonly string[];
  readonly heal: readonly string[];
};

/** The copy's own roles, quoted. */
export type RoleNames = { readonly app: string; readonly system: string; readonly owner: string };
