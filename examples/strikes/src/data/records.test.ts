import { expect, test } from "vitest";
import { airlines } from "./airlines.ts";
import { readStrikes } from "./dataset.ts";
import { recordsOf } from "./records.ts";

const lines = await readStrikes();
const findAirport = () => undefined;
const uuidV8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const linesOf = (operator: string) => lines.filter((line) => line.operator === operator);

test("every strike of every airline has an id of its own, and the same id each time", () => {
  const seen = new Set<string>();
  for (const { operator } of airlines) {
    const { strikes, aircraft } = recordsOf(linesOf(operator), findAirport);
    for (const { id } of [...strikes, ...aircraft]) {
      expect(id).toMatch(uuidV8);
      expect(seen.has(id)).toBe(false);
      seen.add(id);
    }
    const again = recordsOf(linesOf(operator).toReversed(), findAirport);
    const ids = (records: typeof strikes) => records.map(({ id }) => id).sort();
    expect(ids(again.strikes)).toEqual(ids(strikes));
  }
});

test("a line that is there three times is three strikes", () => {
  const [line] = linesOf("UNITED AIRLINES");
  if (line === undefined) throw new Error("no line");
  const { strikes, aircraft } = recordsOf([line, line, line], findAirport);
  expect(new Set(strikes.map(({ id }) => id)).size).toBe(3);
  expect(aircraft).toHaveLength(1);
});

test("a record says what the line says", () => {
  const line = lines.find(({ costTotal }) => costTotal === "7043545");
  if (line === undefined) throw new Error("no line");
  const { strikes, aircraft } = recordsOf([line], () => "SDF");
  expect(aircraft).toEqual([{ id: strikes[0]?.aircraftId, model: "B-727-200" }]);
  expect(strikes[0]).toMatchObject({
    airportCode: "SDF",
    occurredOn: line.date,
    damage: "substantial",
    species: line.species,
    repairCost: Number(line.costRepair),
    otherCost: Number(line.costOther),
  });
  const unknown = recordsOf([{ ...line, speed: "" }], findAirport).strikes[0];
  expect([unknown?.speedKnots, unknown?.airportCode]).toEqual([undefined, undefined]);
});
