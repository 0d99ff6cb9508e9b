// Side by side measuring: every variant runs in every round, in turning order, and ratios are taken within a round.
// Invariant: no figure is compared with one from another run.

import { readFileSync } from "node:fs";

/** One thing to measure: does its work once, for caller number `caller`. */
export type Variant = { readonly name: string; run(caller: number): Promise<unknown> };

/** What one variant did in one round; processor time is of one run of its work. */
export type Round = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly cpuUs: number;
  /** NaN where no server was named. */
  readonly serverCpuUs: number;
};

export type Options = {
  readonly callers: number;
  readonly rounds: number;
  readonly roundMs: number;
  /** The postmaster, whose processes' time is to be told. */
  readonly serverPid?: number;
};

/** Rounds by variant name. */
export type Measured = ReadonlyMap<string, readonly Round[]>;

/** Runs all variants round by round after one warm-up round each. */
export async function measure(variants: readonly Variant[], options: Options): Promise<Measured> {
  const measured = new Map<string, Round[]>(variants.map((variant) => [variant.name, []]));
  for (const variant of variants)
    await round(variant, { ...options, roundMs: options.roundMs / 2 });
  for (let index = 0; index < options.rounds; index += 1) {
    for (const variant of rotate(variants, index)) {
      measured.get(variant.name)?.push(await round(variant, options));
    }
  }
  return measured;
}

async function round(variant: Variant, { callers, roundMs, serverPid }: Options): Promise<Round> {
  const times: number[] = [];
  const server = serverCpuUs(serverPid);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + roundMs;
  const caller = async (number: number) => {
    for (let begun = performance.now(); begun < end; begun = performance.now()) {
      await variant.run(number);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  const elapsed = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return {
    perSecond: (times.length / elapsed) * 1000,
    p50Ms: median(times),
    cpuUs: (used.user + used.system) / times.length,
    serverCpuUs: (serverCpuUs(serverPid) - server) / times.length,
  };
}

/** What the postmaster's processes have used, as Linux tells it; NaN elsewhere. Those that end meanwhile are left out. */
function serverCpuUs(pid: number | undefined): number {
  if (pid === undefined || process.platform !== "linux") return Number.NaN;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return children.reduce((sum, child) => sum + onCpuNs(child) / 1000, 0);
}

function onCpuNs(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}

/** The list, begun at another of its places. */
export function rotate<T>(list: readonly T[], by: number): T[] {
  return list.map((_, index) => list[(index + by) % list.length] as T);
}

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which that part of them lies; NaN of nothing. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}

/** The median over the rounds of one variant's throughput to another's. */
export function throughputRatio(measured: Measured, name: string, base: string): number {
  return roundRatio(measured, name, base, ({ perSecond }) => perSecond);
}

/** The median over the rounds of a figure of one variant to the same of another. */
export function roundRatio(
  measured: Measured,
  name: string,
  base: string,
  of: (round: Round) => number,
): number {
  const bases = measured.get(base) ?? [];
  return median((measured.get(name) ?? []).map((each, at) => of(each) / of(bases[at] as Round)));
}

/** The median of one of a variant's figures. */
export function figure(measured: Measured, name: string, of: keyof Round): number {
  return median((measured.get(name) ?? []).map((each) => each[of]));
}
