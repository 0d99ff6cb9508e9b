import { describe, expect, test } from "vitest";
import { airlines } from "./airlines.ts";
import { airportFinder } from "./airport-names.ts";
import { readAirports, readStrikes } from "./dataset.ts";

const airports = await readAirports();
const find = airportFinder(airports);

test.each([
  ["DALLAS/FORT WORTH INTL ARPT", "Texas", "DFW"],
  ["CHICAGO O'HARE INTL ARPT", "Illinois", "ORD"],
  ["CHICAGO MIDWAY INTL ARPT", "Illinois", "MDW"],
  ["HOUSTON-HOBBY", "Texas", "HOU"],
  ["GREATER PITTSBURGH", "Pennsylvania", "PIT"],
  ["PORTLAND INTL (OR)", "Oregon", "PDX"],
  ["RONALD REAGAN WASHINGTON NATL", "DC", "DCA"],
  ["LAMBERT-ST LOUIS INTL", "Missouri", "STL"],
  ["BARKSDALE AIR FORCE BASE ARPT", "Louisiana", undefined],
  ["PORTLAND INTL (OR)", "Maine", undefined],
  ["", "Texas", undefined],
  ["INTL ARPT", "Texas", undefined],
])("%s, %s is %s", (name, state, code) => expect(find(name, state)).toBe(code));

describe("of the dataset", () => {
  test("49 of the 50 names are an airport's, and each airport has one name", async () => {
    const lines = await readStrikes();
    const names = new Map(lines.map(({ airport, state }) => [airport, find(airport, state)]));
    const codes = [...names.values()].filter((code) => code !== undefined);
    expect([names.size, codes.length, new Set(codes).size]).toEqual([50, 49, 49]);
    const matched = lines.filter(({ airport, state }) => find(airport, state) !== undefined);
    expect(matched.length).toBe(9_565);
  });

  test("every strike of the airlines has its airport", async () => {
    const operators = new Set(airlines.map(({ operator }) => operator));
    const lines = (await readStrikes()).filter(({ operator }) => operators.has(operator));
    expect(lines.length).toBe(6_188);
    expect(lines.filter(({ airport, state }) => find(airport, state) === undefined)).toEqual([]);
  });
});

test("where two airports would do, there is no match", () => {
  const twice = airportFinder([
    { code: "AAA", name: "Springfield Municipal", city: "Springfield", state: "TX" },
    { code: "BBB", name: "Springfield North", city: "Springfield", state: "TX" },
    { code: "CCC", name: "Springfield Municipal", city: "Springfield", state: "OH" },
  ]);
  expect(twice("SPRINGFIELD", "Texas")).toBeUndefined();
  expect(twice("SPRINGFIELD MUNICIPAL ARPT", "Texas")).toBe("AAA");
  expect(twice("SPRINGFIELD", "Ohio")).toBe("CCC");
});
