// How records come into a register: many rows to a statement, and none twice.
import type { Register } from "../queries.ts";
import type { AircraftRecord, StrikeRecord } from "./records.ts";

/** Adds aircraft; those that are there are left as they are. */
export async function insertAircraft(
  register: Register,
  aircraft: readonly AircraftRecord[],
): Promise<void> {
  await register.query(
    `insert into aircraft (id, model) select * from unnest($1::uuid[], $2::text[]) on conflict do nothing`,
    columnsOf(aircraft, ["id", "model"]),
  );
}

/** Adds strikes; those that are there are left as they are. */
export async function insertStrikes(
  register: Register,
  strikes: readonly StrikeRecord[],
): Promise<void> {
  await register.query(
    `insert into strikes (id, occurred_on, airport_name, airport_code, state, aircraft_id, species, size, phase,
       time_of_day, damage, repair_cost, other_cost, speed_knots)
     select * from unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::integer[])
     on conflict do nothing`,
    columnsOf(strikes, [
      "id",
      "occurredOn",
      "airportName",
      "airportCode",
      "state",
      "aircraftId",
      "species",
      "size",
      "phase",
      "timeOfDay",
      "damage",
      "repairCost",
      "otherCost",
      "speedKnots",
    ]),
  );
}

/** How many strikes there are. */
export async function countStrikes(register: Register): Promise<number> {
  const { rows } = await register.query<{ count: number }>(
    "select count(*)::integer as count from strikes",
  );
  return rows[0]?.count ?? 0;
}

/** The airports that strikes may refer to. */
export async function listAirports(
  register: Register,
): Promise<{ code: string; name: string; city: string; state: string }[]> {
  const { rows } = await register.query<{
    code: string;
    name: string;
    city: string;
    state: string;
  }>("select code, name, city, state from airports");
  return rows;
}

/** One array a column, as unnest takes them. */
function columnsOf<Item, Name extends keyof Item>(
  items: readonly Item[],
  names: readonly Name[],
): (Item[Name] | null)[][] {
  return names.map((name) => items.map((item) => item[name] ?? null));
}
