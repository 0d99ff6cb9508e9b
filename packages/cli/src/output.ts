// All that the command writes. Results go to the standard output and nothing else does; what it is doing, and what went
// wrong, goes to the standard error. Colours and moving lines are for terminals alone, and nobody else's text moves them.
import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import type { Environment } from "./environment.ts";

/** Colours, or none. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/** Where the command writes to. */
export type Output = {
  /** A part of the result, with a line's end behind it. */
  print(text: string): void;
  /** The result for programs. */
  printJson(value: unknown): void;
  /** A line for people beside the result. */
  note(text: string): void;
  /** Lines that stand until the next call or note replaces them; on a terminal only. */
  live(lines: readonly string[]): void;
  /** Colours for results. */
  readonly colours: Colours;
  /** Colours for notes. */
  readonly noteColours: Colours;
  /** How wide a result may be; undefined where nobody looks. */
  readonly columns: number | undefined;
  /** Whether live lines are seen. */
  readonly isLive: boolean;
};

type Stream = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** Writes to the process's streams. */
export function makeOutput(
  environment: Pick<Environment, "colours">,
  stdout: Stream = process.stdout,
  stderr: Stream = process.stderr,
): Output {
  const coloursOf = (stream: Stream) =>
    picocolors.createColors(environment.colours ?? stream.isTTY === true);
  let liveLines = 0;
  const erase = () => {
    const moves = liveLines > 0 ? `\x1b[${liveLines}A\x1b[0J` : "";
    liveLines = 0;
    return moves;
  };
  const isLive = stderr.isTTY === true;
  return {
    print: (text) => void stdout.write(`${tamed(text)}\n`),
    printJson: (value) => void stdout.write(`${tamedJson(JSON.stringify(value, null, 2))}\n`),
    note: (text) => void stderr.write(`${erase()}${tamed(text)}\n`),
    live: (lines) => {
      if (!isLive) return;
      const width = (stderr.columns || 80) - 1;
      const cut = lines.map((line) => cutTo(tamed(line), width));
      stderr.write(`${erase()}${cut.map((line) => `${line}\n`).join("")}`);
      liveLines = cut.length;
    },
    colours: coloursOf(stdout),
    noteColours: coloursOf(stderr),
    columns: stdout.isTTY === true ? stdout.columns || 80 : undefined,
    isLive,
  };
}

// A line that wraps would be two to erase.
function cutTo(line: string, width: number): string {
  const bare = stripVTControlCharacters(line);
  return bare.length <= width ? line : `${bare.slice(0, width - 1)}…`;
}

// Settings, receivers' answers and the errors of a migration's SQL hold what tenants wrote. Colours are ours and harmless.
const escapeSign = "\u001b";
const unruly = new RegExp(
  `(?!${escapeSign}\\[[\\d;]*m)[\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]`,
  "gu",
);

/** The text with whatever would move a terminal's cursor or turn its writing made visible. */
function tamed(text: string): string {
  return text.replaceAll(unruly, (each) => (each === "\n" || each === "\t" ? each : "\uFFFD"));
}

function tamedJson(text: string): string {
  const code = (each: string) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replaceAll(unruly, (each) => (each === "\n" ? each : code(each)));
}
