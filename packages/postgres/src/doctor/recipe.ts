// The hardening recipe as data, read out of the very script that installs it, so that the doctor can never look for
// less than was done. What cannot be read is our bug: the script's shape has changed.

import { readFile } from "node:fs/promises";
import { assert } from "@hestia/core";

/** What sql/harden.sql takes away from PUBLIC. */
export type Recipe = {
  /** A condition over `p`, a row of pg_proc: the functions. */
  readonly functions: string;
  /** Relations of pg_catalog. */
  readonly catalogues: readonly string[];
  /** The statements beside these two lists. */
  readonly statements: readonly string[];
};

const file = new URL("../../sql/harden.sql", import.meta.url);

/** Reads the recipe. */
export async function readRecipe(): Promise<Recipe> {
  const sql = (await readFile(file, "utf8")).replace(/^--.*$/gm, "");
  const functions = /and \(\s*(p\.proname ~ [\s\S]*?)\n\s*\)\s*\n\s*loop/.exec(sql)?.[1];
  const list = /foreach c in array array\[([\s\S]*?)\]/.exec(sql)?.[1];
  assert(functions !== undefined && list !== undefined, "harden.sql has another shape");
  return {
    functions,
    catalogues: [...list.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? ""),
    statements: sql
      .replace(/do \$\$[\s\S]*?end \$\$;/g, "")
      .split(";")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  };
}
