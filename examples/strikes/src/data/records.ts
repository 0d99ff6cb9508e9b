// A line of the dataset as records of the register. Invariant: the same line always gives the same id, in whatever order
// the lines are read, so that a link to a strike stays and loading twice changes nothing.
import { createHash } from "node:crypto";
import type { StrikeLine } from "./dataset.ts";

/** An aircraft type in an airline's fleet. */
export type AircraftRecord = { readonly id: string; readonly model: string };

/** A strike as it is stored. Costs are whole dollars. */
export type StrikeRecord = {
  readonly id: string;
  /** YYYY-MM-DD */
  readonly occurredOn: string;
  /** As the report names it. */
  readonly airportName: string;
  readonly airportCode: string | undefined;
  readonly state: string;
  readonly aircraftId: string;
  readonly species: string;
  readonly size: string;
  readonly phase: string;
  readonly timeOfDay: string;
  readonly damage: string;
  readonly repairCost: number;
  readonly otherCost: number;
  readonly speedKnots: number | undefined;
};

/** All that an airline has in the dataset. */
export type AirlineRecords = {
  readonly aircraft: readonly AircraftRecord[];
  readonly strikes: readonly StrikeRecord[];
};

/** Makes an airline's records of its lines. */
export function recordsOf(
  lines: readonly StrikeLine[],
  findAirport: (name: string, state: string) => string | undefined,
): AirlineRecords {
  const models = new Map<string, AircraftRecord>();
  const timesSeen = new Map<string, number>();
  const strikes = lines.map((line) => {
    const aircraft = { id: uuidOf("aircraft", line.operator, line.aircraft), model: modelOf(line) };
    models.set(aircraft.id, aircraft);
    // Some strikes were reported in the same words: the first, the second … of them are strikes of their own.
    const words = Object.values(line).join("\u001f");
    const times = (timesSeen.get(words) ?? 0) + 1;
    timesSeen.set(words, times);
    return strikeOf(line, uuidOf("strike", words, String(times)), {
      aircraftId: aircraft.id,
      airportCode: findAirport(line.airport, line.state),
    });
  });
  return { aircraft: [...models.values()], strikes };
}

function strikeOf(
  line: StrikeLine,
  id: string,
  keys: Pick<StrikeRecord, "aircraftId" | "airportCode">,
): StrikeRecord {
  return {
    ...keys,
    id,
    occurredOn: line.date,
    airportName: line.airport,
    state: line.state,
    species: line.species,
    size: line.size.toLowerCase(),
    phase: line.phase.toLowerCase(),
    timeOfDay: line.timeOfDay.toLowerCase(),
    damage: line.damage.toLowerCase(),
    repairCost: Number(line.costRepair),
    otherCost: Number(line.costOther),
    speedKnots: line.speed === "" ? undefined : Number(line.speed),
  };
}

function modelOf({ aircraft }: StrikeLine): string {
  return aircraft.replace(/\s+/g, " ").trim();
}

/** A UUIDv8 (RFC 9562, of one's own making): the SHA-256 of the parts. */
function uuidOf(...parts: string[]): string {
  const bytes = createHash("sha256").update(parts.join("\u001e")).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
