// Every statement of the register, one function each. The first parameter says whose register it is: nothing in here
// names a tenant, and nothing needs to.
import type { RunQuery } from "@hestia/postgres";
import type { ListRequest, Sort, StrikeFilter } from "./filters.ts";

/** A tenant, or a transaction of one. */
export type Register = { readonly query: RunQuery };

/** A strike in a list. */
export type StrikeRow = {
  readonly id: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly airportName: string;
  readonly airportCode: string | null;
  /** As the reference table has it. */
  readonly airport: string | null;
  readonly state: string;
  readonly model: string;
  readonly species: string;
  readonly phase: string;
  readonly damage: string;
  /** Whole dollars; PostgreSQL's bigint comes as text. */
  readonly cost: string;
};

/** A page of a list, and whether there is more on either side. */
export type StrikePage = {
  readonly strikes: readonly StrikeRow[];
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
};

/** How many strikes a page has. */
const pageSize = 25;

const sortColumns: Record<Sort, string> = { newest: "s.occurred_on", costliest: "s.cost" };

/** A page of strikes. */
export async function listStrikes(
  register: Register,
  { filter, sort, position }: ListRequest,
): Promise<StrikePage> {
  const { conditions, values } = narrow(filter);
  const column = sortColumns[sort];
  const forward = position?.direction !== "newer";
  if (position) {
    values.push(position.value, position.id);
    const type = sort === "newest" ? "date" : "bigint";
    conditions.push(
      `(${column}, s.id) ${forward ? "<" : ">"} ($${values.length - 1}::${type}, $${values.length}::uuid)`,
    );
  }
  const direction = forward ? "desc" : "asc";
  const order = `${column} ${direction}, s.id ${direction}`;
  // The page is cut out first: what is joined to it is then a handful of rows, whatever the planner thinks of the tables.
  const { rows } = await register.query<StrikeRow>(
    `select s.id, s.occurred_on::text as date, s.airport_name as "airportName", s.airport_code as "airportCode",
       p.name as airport, s.state, a.model, s.species, s.phase, s.damage, s.cost
     from (select s.* from strikes s ${whereOf(conditions)} order by ${order} limit ${pageSize + 1}) s
       join aircraft a on a.id = s.aircraft_id left join airports p on p.code = s.airport_code
     order by ${order}`,
    values,
  );
  const more = rows.length > pageSize;
  const strikes = rows.slice(0, pageSize);
  return forward
    ? { strikes, hasNewer: position !== undefined, hasOlder: more }
    : { strikes: strikes.reverse(), hasNewer: more, hasOlder: true };
}

/** What a year, or whatever else strikes are counted by, comes to. */
export type Tally = {
  readonly facet: "year" | "species" | "airport" | "aircraft";
  readonly value: string;
  /** The airport's state, or undefined. */
  readonly state: string | null;
  readonly strikes: number;
  /** With damage; of years alone. */
  readonly damaging: number | null;
  /** Whole dollars; of years alone. */
  readonly cost: string | null;
};

/**
 * The strikes of each year within the filter, whatever year it names; and of the whole register the species, airports
 * and aircraft that there are, for the filter to offer.
 */
export async function tallyStrikes(register: Register, filter: StrikeFilter): Promise<Tally[]> {
  const { conditions, values } = narrow({ ...filter, year: undefined });
  const { rows } = await register.query<Tally>(
    `select 'year' as facet, date_part('year', s.occurred_on)::integer::text as value, null as state,
       count(*)::integer as strikes, count(*) filter (where s.damage <> 'none')::integer as damaging, sum(s.cost)::bigint as cost
     from strikes s ${whereOf(conditions)} group by 2
     union all
     select case when t.species is not null then 'species' when t.airport_name is not null then 'airport' else 'aircraft' end,
       coalesce(t.species, t.airport_name, a.model), t.state, t.strikes, null, null
     from (
       select s.species, s.airport_name, s.state, s.aircraft_id, count(*)::integer as strikes
       from strikes s group by grouping sets ((s.species), (s.airport_name, s.state), (s.aircraft_id))
     ) t left join aircraft a on a.id = t.aircraft_id
     order by 1, 2`,
    values,
  );
  return rows;
}

/** Everything about a strike. */
export type StrikeDetails = StrikeRow & {
  readonly city: string | null;
  readonly size: string;
  readonly timeOfDay: string;
  readonly repairCost: string;
  readonly otherCost: string;
  readonly speedKnots: number | null;
  readonly identified: boolean;
};

/** A strike, or undefined. */
export async function findStrike(
  register: Register,
  id: string,
): Promise<StrikeDetails | undefined> {
  const { rows } = await register.query<StrikeDetails>(
    `select s.id, s.occurred_on::text as date, s.airport_name as "airportName", s.airport_code as "airportCode",
       p.name as airport, p.city, s.state, a.model, s.species, x.identified, s.size, s.phase, s.time_of_day as "timeOfDay",
       s.damage, s.cost, s.repair_cost as "repairCost", s.other_cost as "otherCost", s.speed_knots as "speedKnots"
     from strikes s join aircraft a on a.id = s.aircraft_id join species x on x.name = s.species
       left join airports p on p.code = s.airport_code
     where s.id = $1`,
    [id],
  );
  return rows[0];
}

/** What someone wrote about a strike. */
export type Note = {
  readonly id: string;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Date;
};

/** A strike's notes, the oldest first. */
export async function listNotes(register: Register, strikeId: string): Promise<Note[]> {
  const { rows } = await register.query<Note>(
    `select id, author, body, created_at as "createdAt" from notes where strike_id = $1 order by created_at, id limit 500`,
    [strikeId],
  );
  return rows;
}

/** Adds a note; false when there is no such strike. */
export async function insertNote(
  register: Register,
  strikeId: string,
  { author, body }: Pick<Note, "author" | "body">,
): Promise<boolean> {
  const { rowCount } = await register.query(
    "insert into notes (strike_id, author, body) select id, $2, $3 from strikes where id = $1",
    [strikeId, author, body],
  );
  return rowCount === 1;
}

/** An aircraft type and what it has been through. */
export type FleetRow = {
  readonly model: string;
  readonly strikes: number;
  readonly damaging: number;
  readonly cost: string;
  /** YYYY-MM-DD */
  readonly last: string;
};

/** The fleet, with the most struck types first. */
export async function listFleet(register: Register): Promise<FleetRow[]> {
  const { rows } = await register.query<FleetRow>(
    `select a.model, count(*)::integer as strikes, count(*) filter (where s.damage <> 'none')::integer as damaging,
       sum(s.cost)::bigint as cost, max(s.occurred_on)::text as last
     from strikes s join aircraft a on a.id = s.aircraft_id
     group by a.id, a.model order by strikes desc, a.model`,
  );
  return rows;
}

type Narrowed = { readonly conditions: string[]; readonly values: unknown[] };

/** Conditions in one order, so that the same filter is the same statement. */
function narrow(filter: StrikeFilter): Narrowed {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  const { year, damage } = filter;
  add(year && `${year}-01-01`, (parameter) => `s.occurred_on >= ${parameter}::date`);
  add(year && `${year + 1}-01-01`, (parameter) => `s.occurred_on < ${parameter}::date`);
  add(filter.state, (parameter) => `s.state = ${parameter}`);
  add(filter.airport, (parameter) => `s.airport_name = ${parameter}`);
  add(filter.species, (parameter) => `s.species = ${parameter}`);
  add(
    filter.aircraft,
    (parameter) => `s.aircraft_id = (select id from aircraft where model = ${parameter})`,
  );
  add(filter.phase, (parameter) => `s.phase = ${parameter}`);
  if (damage === "any") conditions.push("s.damage <> 'none'");
  else add(damage, (parameter) => `s.damage = ${parameter}`);
  return { conditions, values };
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
}
