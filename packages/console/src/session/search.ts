// What stands in the door's address: where it leads to, and whether a session has ended.
import { present } from "../shared/search.ts";

/** The door's part of the address. */
export type SignInSearch = { readonly next?: string; readonly ended?: true };

/** Reads it; it leads to the console's own screens alone. */
export const parseSignInSearch = ({ next, ended }: Record<string, unknown>): SignInSearch =>
  present({
    next: typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined,
    ended: ended === true ? ended : undefined,
  });
