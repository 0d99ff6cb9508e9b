// The two files of the npm package vega-datasets that the example lives on: the strikes that airlines reported to the
// FAA from 1990 to 2002, and the airports of the United States. Read as they are; meaning is given elsewhere.
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";

/** One line of birdstrikes.csv. */
export type StrikeLine = Readonly<Record<(typeof strikeColumns)[number], string>>;
/** One line of airports.csv. */
export type AirportLine = Readonly<Record<(typeof airportColumns)[number], string>>;

const strikeColumns = [
  "airport",
  "aircraft",
  "damage",
  "date",
  "operator",
  "state",
  "phase",
  "size",
  "species",
  "timeOfDay",
  "costOther",
  "costRepair",
  "costTotal",
  "speed",
] as const;

const airportColumns = [
  "code",
  "name",
  "city",
  "state",
  "country",
  "latitude",
  "longitude",
] as const;

/** Reads every strike. */
export function readStrikes(): Promise<StrikeLine[]> {
  return readLines("birdstrikes.csv", strikeColumns);
}

/** Reads every airport. */
export function readAirports(): Promise<AirportLine[]> {
  return readLines("airports.csv", airportColumns);
}

/** The columns are named by their place, since the files' own headings are long. */
async function readLines<Column extends string>(
  file: string,
  columns: readonly Column[],
): Promise<Record<Column, string>[]> {
  const text = await readFile(
    new URL(`../data/${file}`, import.meta.resolve("vega-datasets")),
    "utf8",
  );
  const lines: string[][] = parse(text, { fromLine: 2 });
  return lines.map(
    (line) =>
      Object.fromEntries(columns.map((column, at) => [column, line[at] ?? ""])) as Record<
        Column,
        string
      >,
  );
}
