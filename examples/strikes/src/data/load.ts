// Loads the airlines' records through the library, as each airline itself. Invariant: what is stored is never stored
// again, so that a load that was killed goes on where it was, and one that is done costs a count.
import type { Tenant } from "@hestia/postgres";
import type { Airline } from "./airlines.ts";
import { airportFinder } from "./airport-names.ts";
import { readStrikes } from "./dataset.ts";
import { countStrikes, insertAircraft, insertStrikes, listAirports } from "./insert.ts";
import { type AirlineRecords, recordsOf } from "./records.ts";

/** An airline, and the tenant that it is. */
export type Loadable = { readonly airline: Airline; readonly tenant: Tenant };

/** Told how many of how many strikes are in. */
type OnLoaded = (done: number, total: number, airline: Airline) => void;

/** How a load may be watched and cut short. */
export type LoadOptions = {
  readonly onLoaded?: OnLoaded | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Runs a step, and again when the database was away. */
  readonly retrying?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
};

const batchSize = 500;

/** Loads what the airlines lack; returns how many strikes they have now. */
export async function loadAirlines(
  loadables: readonly Loadable[],
  { onLoaded = () => {}, signal, retrying = (work) => work() }: LoadOptions = {},
): Promise<number> {
  const lines = Map.groupBy(await readStrikes(), ({ operator }) => operator);
  const linesOf = ({ operator }: Airline) => lines.get(operator) ?? [];
  const counts = await retrying(() =>
    Promise.all(loadables.map(({ tenant }) => countStrikes(tenant))),
  );
  const lacking = loadables.filter(
    ({ airline }, at) => (counts[at] ?? 0) < linesOf(airline).length,
  );
  const total = lacking.reduce((sum, { airline }) => sum + linesOf(airline).length, 0);
  let done = 0;
  for (const { airline, tenant } of lacking) {
    const findAirport = airportFinder(await retrying(() => listAirports(tenant)));
    for (const batch of batchesOf(recordsOf(linesOf(airline), findAirport))) {
      signal?.throwIfAborted();
      await retrying(() => loadBatch(tenant, batch));
      done += batch.strikes.length;
      onLoaded(done, total, airline);
    }
  }
  return loadables.reduce((sum, { airline }) => sum + linesOf(airline).length, 0);
}

/** A batch is there with the aircraft that it needs, or not at all. */
async function loadBatch(tenant: Tenant, { aircraft, strikes }: AirlineRecords): Promise<void> {
  await tenant.transaction(async (tx) => {
    await insertAircraft(tx, aircraft);
    await insertStrikes(tx, strikes);
  });
}

function* batchesOf({ aircraft, strikes }: AirlineRecords): Generator<AirlineRecords> {
  for (let at = 0; at < strikes.length; at += batchSize) {
    const batch = strikes.slice(at, at + batchSize);
    const needed = new Set(batch.map(({ aircraftId }) => aircraftId));
    yield { strikes: batch, aircraft: aircraft.filter(({ id }) => needed.has(id)) };
  }
}
