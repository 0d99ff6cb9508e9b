// Tables for people: columns without rules around them. On a terminal one column gives way so that no line wraps;
// elsewhere nothing is cut, since a program may look for what was.
import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import type { Output } from "./output.ts";

/** A column of a table. */
export type Column = {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Whether it is cut when there is no room. */
  readonly gives?: true;
};

const gap = 2;
const narrowest = 8;

const noRules = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"]
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat(["left-mid", "mid-mid", "right-mid", "middle"])
    .map((part) => [part, ""]),
);

/** Renders rows under their columns' titles. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { colours, columns: room }: Pick<Output, "colours" | "columns">,
): string {
  const table = new Table({
    head: columns.map(({ title }) => colours.dim(title)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    colWidths: widths(columns, rows, room),
    chars: noRules,
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Renders names and values, one pair a line. */
export function renderPairs(
  pairs: readonly (readonly [name: string, value: string | undefined])[],
  { colours }: Pick<Output, "colours">,
): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length)) + gap;
  return shown
    .map(([name, value]) => {
      const lines = value.split("\n").join(`\n${" ".repeat(width)}`);
      return `${colours.dim(name.padEnd(width))}${lines}`;
    })
    .join("\n");
}

// Undefined leaves a column as wide as what is in it.
function widths(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number | undefined,
): (number | null)[] {
  const natural = columns.map(
    ({ title }, index) =>
      Math.max(
        title.length,
        ...rows.map((row) => stripVTControlCharacters(row[index] ?? "").length),
      ) + gap,
  );
  const excess = natural.reduce((sum, each) => sum + each, 0) - (room ?? Number.POSITIVE_INFINITY);
  return columns.map(({ gives }, index) =>
    gives === true && excess > 0 ? Math.max((natural[index] ?? 0) - excess, narrowest) : null,
  );
}
