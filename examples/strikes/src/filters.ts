// What a list of strikes is narrowed to, from a query string and back. Invariant: whatever the query string says, what
// comes out is a filter; what makes no sense in it is left out.

/** The order of a list. */
const sorts = ["newest", "costliest"] as const;
/** How strikes are sorted; the first is the usual one. */
export type Sort = (typeof sorts)[number];

/** How bad the damage was; "any" is whatever is not none. */
export const damages = ["any", "substantial", "medium", "minor", "none"] as const;
/** The phases of a flight, in their order. */
export const phases = [
  "parked",
  "taxi",
  "take-off run",
  "climb",
  "descent",
  "approach",
  "landing roll",
] as const;

/** The place in a list where a page begins: after the strike (older) or before it (newer). */
type Position = {
  readonly direction: "older" | "newer";
  /** The value that the list is sorted by. */
  readonly value: string;
  readonly id: string;
};

/** What a list is narrowed to; an absent member does not narrow. */
export type StrikeFilter = {
  readonly year?: number | undefined;
  readonly state?: string | undefined;
  /** The airport's name as reports have it. */
  readonly airport?: string | undefined;
  readonly species?: string | undefined;
  /** The aircraft's model. */
  readonly aircraft?: string | undefined;
  readonly phase?: string | undefined;
  readonly damage?: string | undefined;
};

/** What a request for a list asks for. */
export type ListRequest = {
  readonly filter: StrikeFilter;
  readonly sort: Sort;
  readonly position?: Position | undefined;
};

/** A parsed query string. */
export type Query = Readonly<Record<string, unknown>>;

const textMax = 100;
const position = /^(\d{4}-\d{2}-\d{2}|\d{1,15})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Reads what a query string asks for. */
export function parseListRequest(query: Query): ListRequest {
  const sort = oneOf(sorts, query.sort) ?? "newest";
  return {
    sort,
    filter: {
      year: yearOf(query.year),
      state: textOf(query.state),
      airport: textOf(query.airport),
      species: textOf(query.species),
      aircraft: textOf(query.aircraft),
      phase: oneOf(phases, query.phase),
      damage: oneOf(damages, query.damage),
    },
    position: positionOf("older", query.after, sort) ?? positionOf("newer", query.before, sort),
  };
}

/** The query string of a list, with a question mark where there is anything to say. */
export function listQuery(
  { filter, sort }: Omit<ListRequest, "position">,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const members = { ...filter, sort: sort === "newest" ? undefined : sort, ...changes };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? "" : `?${query}`;
}

/** True when anything is left out of the list. */
export function isNarrowed(filter: StrikeFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

function positionOf(direction: Position["direction"], text: unknown, sort: Sort) {
  const [, value, id] = position.exec(textOf(text) ?? "") ?? [];
  if (value === undefined || id === undefined) return undefined;
  // A position in one order is none in the other, and not every date is a day.
  const fits = sort === "newest" ? isDay(value) : !value.includes("-");
  return fits ? { direction, value, id } : undefined;
}

function isDay(text: string): boolean {
  const time = Date.parse(text);
  return text.includes("-") && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function yearOf(text: unknown): number | undefined {
  return typeof text === "string" && /^(19|20)\d\d$/.test(text) ? Number(text) : undefined;
}

function textOf(text: unknown): string | undefined {
  if (typeof text !== "string" || text === "" || text.length > textMax) return undefined;
  // PostgreSQL has no text with a null in it.
  return text.includes("\0") ? undefined : text;
}

function oneOf<Value extends string>(values: readonly Value[], text: unknown): Value | undefined {
  return values.find((value) => value === text);
}
