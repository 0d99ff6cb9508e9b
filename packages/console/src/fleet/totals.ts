// Sums of the fleet's counts.
import type { FleetView } from "@hestia/api";

type Counts = FleetView["tenants"];

/** How many there are together. */
export const totalOf = (counts: Counts): number =>
  counts.reduce((sum, { count }) => sum + count, 0);

/** Those of whom more is left than a name. */
export const living = (counts: Counts): Counts =>
  counts.filter(({ status }) => status !== "purged");

/** How many have each value of a member. */
export function sumBy<Member extends "status" | "isolation">(
  counts: Counts,
  member: Member,
): Map<Counts[number][Member], number> {
  const sums = new Map<Counts[number][Member], number>();
  for (const each of counts) sums.set(each[member], (sums.get(each[member]) ?? 0) + each.count);
  return sums;
}
