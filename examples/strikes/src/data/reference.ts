// Writes the shared migrations that hold the reference rows, from the npm package vega-datasets:
//   npm run reference -w @hestia/example-strikes
// Invariant: the same dataset gives the same files, byte for byte, since migrations that were applied never change.
import { readFile, writeFile } from "node:fs/promises";
import { readAirports, readStrikes } from "./dataset.ts";

const folder = new URL("../../migrations/shared/", import.meta.url);

const { version } = JSON.parse(
  await readFile(new URL("../package.json", import.meta.resolve("vega-datasets")), "utf8"),
) as { version: string };

await write("0002_airports.sql", "airports", ["code", "name", "city", "state", "country"], {
  from: "data/airports.csv",
  rows: (await readAirports()).map((each) => [
    each.code,
    each.name,
    each.city,
    each.state,
    each.country,
  ]),
});
await write("0003_species.sql", "species", ["name", "identified"], {
  from: "the species of data/birdstrikes.csv",
  rows: [...new Set((await readStrikes()).map(({ species }) => species))]
    .sort()
    .map((name) => [name, !name.startsWith("Unknown")]),
});

async function write(
  file: string,
  table: string,
  columns: readonly string[],
  { from, rows }: { from: string; rows: readonly (string | boolean)[][] },
): Promise<void> {
  const values = rows.map((row) => `  (${row.map(literal).join(", ")})`).join(",\n");
  const text = `-- Made by \`npm run reference -w @hestia/example-strikes\` from ${from} of vega-datasets ${version}; not written by hand.
insert into ${table} (${columns.join(", ")}) values
${values};
`;
  await writeFile(new URL(file, folder), text);
  process.stdout.write(`${file}: ${rows.length} rows\n`);
}

function literal(value: string | boolean): string {
  return typeof value === "boolean" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
