// How results look: tables that fit, times that read well, colours only where they were asked for.
import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import { readEnvironment } from "./environment.ts";
import { makeOutput } from "./output.ts";
import { renderPairs, renderTable } from "./table.ts";
import { duration, fullTime, relativeTime } from "./times.ts";

const plain = picocolors.createColors(false);
const columns = [
  { title: "SLUG" },
  { title: "NAME", gives: true as const },
  { title: "COUNT", align: "right" as const },
];
const rows = [
  ["acme", "Acme Airways of the Northern Hemisphere", "7"],
  ["zenith", "Zenith", "1200"],
];

test("a table has no rules and is as wide as what is in it", () => {
  expect(renderTable(columns, rows, { colours: plain, columns: undefined })).toBe(
    [
      "SLUG    NAME                                     COUNT",
      "acme    Acme Airways of the Northern Hemisphere      7",
      "zenith  Zenith                                    1200",
    ].join("\n"),
  );
});

test.each([80, 60, 40, 30])("a table fits a terminal of %d columns", (width) => {
  const lines = renderTable(columns, rows, { colours: plain, columns: width }).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(lines).toHaveLength(3);
  expect(lines.join()).toContain("1200");
});

test("colours take no room", () => {
  const coloured = [["acme", "Acme", picocolors.createColors(true).green("7")]];
  const colours = picocolors.createColors(true);
  const bare = renderTable(columns, [["acme", "Acme", "7"]], { colours: plain, columns: 80 });
  const shown = renderTable(columns, coloured, { colours, columns: 80 });
  expect(stripVTControlCharacters(shown)).toBe(bare);
});

test("pairs are aligned, and what is absent is left out", () => {
  const pairs = [
    ["id", "7"],
    ["domain", undefined],
    ["settings", "{\n}"],
  ] as const;
  expect(renderPairs(pairs, { colours: plain })).toBe("id        7\nsettings  {\n          }");
});

test.each([
  [0, "just now"],
  [1_000, "1 second ago"],
  [59_999, "59 seconds ago"],
  [60_000, "1 minute ago"],
  [7_200_000, "2 hours ago"],
  [86_400_000 * 400, "400 days ago"],
  [-5_000, "just now"],
  [-40_000, "in 40 seconds"],
  [-86_400_000 * 7 + 3_000, "in 7 days"],
  [-86_400_000 * 26, "in 26 days"],
  [-86_400_000 * 1.5, "in 1 day"],
])("%d milliseconds are %s", (ago, text) => {
  const now = Date.parse("2026-11-22T04:59:16.123Z");
  expect(relativeTime(new Date(now - ago).toISOString(), now)).toBe(text);
});

test("a time is told both ways", () => {
  const now = Date.parse("2026-11-22T05:02:16.000Z");
  expect(fullTime("2026-11-22T04:59:16.000Z", now)).toBe("2026-11-22 04:59:16 UTC (3 minutes ago)");
});

test.each([
  [12, "12 ms"],
  [1_440, "1.4 s"],
  [45_000, "45 s"],
  [300_000, "5 min"],
])("%d milliseconds took %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test.each([
  [{}, false, false],
  [{}, true, true],
  [{ NO_COLOR: "1" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
])("with %j and a terminal (%j) there are colours: %j", (variables, isTTY, coloured) => {
  const stream = { write: () => true, isTTY };
  const { colours } = makeOutput(readEnvironment(variables, "/"), stream, stream);
  expect(colours.isColorSupported).toBe(coloured);
});

test("live lines replace one another and are never wider than the terminal", () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text), isTTY: true, columns: 10 };
  const output = makeOutput(readEnvironment({}, "/"), stream, stream);
  output.live(["a line that is too long", "short"]);
  output.live(["done"]);
  output.note("the end");
  expect(written).toEqual([
    "a line t…\nshort\n",
    "\u001b[2A\u001b[0Jdone\n",
    "\u001b[1A\u001b[0Jthe end\n",
  ]);
});

test("what tenants wrote moves no terminal, and stays what it is in JSON", () => {
  const said: string[] = [];
  const stream = { write: (text: string) => void said.push(text), isTTY: true };
  const output = makeOutput({ colours: true }, stream, stream);
  const evil = "\x1b[2J\x9b2J\x1b]0;t\x07\rFORGED\u202Etxt";
  output.print(`${output.colours.green("ok")}\t${evil}\nend`);
  output.note(evil);
  output.printJson({ [evil]: evil });
  const [printed = "", noted = "", json = ""] = said;
  expect(printed).toBe(
    "\x1b[32mok\x1b[39m\t\uFFFD[2J\uFFFD2J\uFFFD]0;t\uFFFD\uFFFDFORGED\uFFFDtxt\nend\n",
  );
  expect(noted).not.toMatch(/(?!\n)[\p{Cc}\u202E]/u);
  expect(json).not.toMatch(/(?!\n)[\p{Cc}\u202E]/u);
  expect(JSON.parse(json)).toEqual({ [evil]: evil });
});
