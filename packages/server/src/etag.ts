// Optimistic concurrency: a change names the version that it was made from.
import { etagMatches } from "@hestia/api";
import { HestiaError } from "@hestia/core";

/** Throws `precondition_failed` when the request names another version than the thing has. */
export function checkIfMatch(
  { ifMatch }: { readonly ifMatch?: string | undefined },
  thing: { readonly version: number },
): void {
  if (ifMatch !== undefined && !etagMatches(ifMatch, thing))
    throw new HestiaError("precondition_failed");
}
