// Built-in functions that an operator may mark leakproof: they raise no error that depends on a stored value, so that
// being run before the policy tells nothing. PostgreSQL leaves them unmarked for caution; marking takes a superuser.
// LIKE and regular expressions are not among them: a pattern can be made to fail on the rows that it matches.

/** Signatures as PostgreSQL writes them, without `pg_catalog`. */
export const markable: ReadonlySet<string> = new Set([
  ...["eq", "lt", "le", "gt", "ge"].flatMap((each) => [
    `numeric_${each}(numeric,numeric)`,
    `enum_${each}(anyenum,anyenum)`,
    `jsonb_${each}(jsonb,jsonb)`,
    `array_${each}(anyarray,anyarray)`,
  ]),
  "arraycontains(anyarray,anyarray)",
  "arraycontained(anyarray,anyarray)",
  "arrayoverlap(anyarray,anyarray)",
  "jsonb_contains(jsonb,jsonb)",
  "jsonb_exists(jsonb,text)",
  "jsonb_exists_any(jsonb,text[])",
  "jsonb_exists_all(jsonb,text[])",
  "jsonb_object_field(jsonb,text)",
  "jsonb_object_field_text(jsonb,text)",
  "lower(text)",
  "upper(text)",
  "ts_match_vq(tsvector,tsquery)",
]);

/** The statement that marks a function. */
export const markLeakproof = (signature: string): string =>
  `alter function pg_catalog.${signature} leakproof;`;
