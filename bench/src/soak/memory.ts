// Whether a process holds more and more: its heap and its size after a collection, from the first to the last statement.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median } from "../measure.ts";

/** What the process held when so many statements had been answered, in MiB. */
export type Sample = {
  readonly statements: number;
  readonly heapMb: number;
  readonly rssMb: number;
};

/** A figure's way: its median in the first and last quarter, and the slope of the line through the last three. */
export type Trend = {
  readonly firstMb: number;
  readonly lastMb: number;
  readonly kbPer100kStatements: number;
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Collects what nobody holds, and says what is left. */
export function sampleMemory(statements: number): Sample {
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { statements, heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 };
}

/** See `Trend`. The first quarter warms up (statements known, pools open), so the line leaves it out. */
export function trendOf(samples: readonly Sample[], figure: "heapMb" | "rssMb"): Trend {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const values = (list: readonly Sample[]) => list.map((each) => each[figure]);
  return {
    firstMb: median(values(samples.slice(0, quarter))),
    lastMb: median(values(samples.slice(-quarter))),
    kbPer100kStatements: slope(samples.slice(quarter), figure) * 1024 * 100_000,
  };
}

function slope(samples: readonly Sample[], figure: "heapMb" | "rssMb"): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const [x, y] = [mean((each) => each.statements), mean((each) => each[figure])];
  const over = samples.reduce((sum, each) => sum + (each.statements - x) * (each[figure] - y), 0);
  const under = samples.reduce((sum, each) => sum + (each.statements - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
