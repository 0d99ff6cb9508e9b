// A new file in the folder of migrations, under a name that sorts behind all that are there.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "@hestia/core";
import { refuseOption } from "./arguments.ts";
import type { CommonOptions, Context } from "./context.ts";

/** The options of the command. */
export type NewOptions = CommonOptions & {
  readonly dir?: string;
  readonly shared?: boolean;
  readonly transaction?: boolean;
};

/** Makes the file and prints its path. */
export async function newMigration(
  { environment, output }: Context,
  name: string,
  options: NewOptions,
): Promise<void> {
  const folder = options.dir ?? environment.migrations;
  if (folder === undefined)
    refuseOption(
      "--dir",
      "Name the folder that has tenant/ and shared/, or set HESTIA_MIGRATIONS.",
    );
  const set = options.shared ? "shared" : "tenant";
  const words = name
    .toLowerCase()
    .replace(/\.sql$/, "")
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  if (words === "") refuseOption("<name>", "Say in a few words what it does, such as add_totals.");
  mkdirSync(join(folder, set), { recursive: true });
  const names = readdirSync(join(folder, set)).filter((each) => each.endsWith(".sql"));
  const file = `${nextNumber(names)}_${words}.sql`;
  if (file.length > limits.migrationNameCharsMax) refuseOption("<name>", "It is too long.");
  const path = join(folder, set, file);
  if (existsSync(path)) refuseOption("<name>", `${path} is there already.`);
  writeFileSync(path, options.transaction === false ? "-- hestia: no-transaction\n" : "", {
    flag: "wx",
  });
  if (options.json) output.printJson({ path, set, name: file });
  else output.print(path);
}

// As wide as the others' numbers are: names are compared letter by letter.
function nextNumber(names: readonly string[]): string {
  const numbers = names.map((name) => /^\d+/.exec(name)?.[0] ?? "").filter(Boolean);
  const width = Math.max(4, ...numbers.map((number) => number.length));
  const last = numbers.reduce(
    (most, number) => (BigInt(number) > most ? BigInt(number) : most),
    0n,
  );
  const next = String(last + 1n).padStart(width, "0");
  const behind = names.toSorted().at(-1) ?? "";
  if (`${next}_` < behind)
    refuseOption("--dir", `${behind} would sort behind ${next}; name the file yourself.`);
  return next;
}
