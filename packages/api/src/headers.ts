// The header fields that both ends read and write: entity tags, preferences, and what to wait for.
import { limits } from "@hestia/core";

/** Returns the strong entity tag of a thing's version, such as `"7"`. */
export function etagOf({ version }: { readonly version: number }): string {
  return `"${version}"`;
}

/**
 * Tells whether an `If-Match` field names the version.
 *
 * `*` names any; a weak tag names none, as RFC 9110 has it.
 */
export function etagMatches(ifMatch: string, thing: { readonly version: number }): boolean {
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  return tags.includes("*") || tags.includes(etagOf(thing));
}

/** Returns the seconds of `Prefer: wait=N`, held to the limit; undefined where there is none. */
export function parsePreferWait(prefer: string | undefined): number | undefined {
  const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i.exec(prefer ?? "")?.[1];
  return wait === undefined ? undefined : Math.min(Number(wait), limits.waitSecondsMax);
}

/** Returns the seconds of a `Retry-After` field, from its number or its date. */
export function parseRetryAfter(field: string | null, now: number): number | undefined {
  if (field === null) return undefined;
  if (/^\d+$/.test(field)) return Number(field);
  const time = Date.parse(field);
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - now) / 1000));
}
