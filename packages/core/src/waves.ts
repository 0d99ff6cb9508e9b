// Waves: a fleet is not changed all at once. Those named first, then a growing share of the others, then the rest. Whom a
// share falls on follows from the run's seed, so that a run that goes on after a crash goes on with the same waves.

/** Targets that are changed together. */
export type Wave<Target> = { readonly name: string; readonly targets: readonly Target[] };

/** How a fleet is cut. */
export type WaveOptions = {
  readonly seed: string;
  /** The targets that go first. */
  readonly canary: ReadonlySet<string>;
  /** Shares of the others that are done after each wave, in per cent, growing. */
  readonly percents: readonly number[];
};

/** The shares where nobody says otherwise. */
export const wavePercentsDefault: readonly number[] = [1, 10];

/** Cuts targets into waves, each target in one; waves that would be empty are left out. */
export function cutIntoWaves<Target extends { readonly target: string }>(
  targets: readonly Target[],
  { seed, canary, percents }: WaveOptions,
): Wave<Target>[] {
  const first = targets.filter((each) => canary.has(each.target));
  const others = targets
    .filter((each) => !canary.has(each.target))
    .map((each) => ({ each, rank: hashOf(`${seed} ${each.target}`) }))
    .sort((a, b) => a.rank - b.rank || (a.each.target < b.each.target ? -1 : 1))
    .map(({ each }) => each);
  let taken = 0;
  const shares = [...percents, 100].map((percent) => {
    const end = percent >= 100 ? others.length : Math.floor((others.length * percent) / 100);
    const part = others.slice(taken, Math.max(end, taken));
    taken += part.length;
    return { name: percent >= 100 ? "the rest" : `${percent} %`, targets: part };
  });
  return [{ name: "canary", targets: first }, ...shares].filter((wave) => wave.targets.length > 0);
}

/** The states of a wave. */
export const waveStates = ["waiting", "running", "held", "stopped", "done"] as const;
/** One state of a wave. */
export type WaveState = (typeof waveStates)[number];

/** How the targets of a wave stand. */
export type WaveCounts = {
  readonly name: string;
  readonly targets: number;
  readonly current: number;
  /** Failed, and get nothing further until somebody sees to it. */
  readonly blocked: number;
  /** Failed in a way that the next run tries again. */
  readonly deferred: number;
  readonly waiting: number;
};

/** What a run has come to, as far as its waves depend on it. */
export type RunEnd = {
  readonly isFinished: boolean;
  /** The wave that somebody has to let go on. */
  readonly next?: string | undefined;
};

/** Says of each wave where the run is with it. */
export function stateWaves<Counts extends WaveCounts>(
  waves: readonly Counts[],
  { isFinished, next }: RunEnd,
): (Counts & { readonly state: WaveState })[] {
  const first = waves.findIndex((wave) => wave.waiting > 0);
  const stateOf = (wave: Counts, index: number): WaveState => {
    if (wave.waiting === 0) return "done";
    if (index !== first) return "waiting";
    if (!isFinished) return "running";
    if (wave.name === next) return "held";
    return wave.blocked + wave.deferred > 0 ? "stopped" : "waiting";
  };
  return waves.map((wave, index) => ({ ...wave, state: stateOf(wave, index) }));
}

// FNV-1a: spreads evenly, the same everywhere; nothing secret hangs on it.
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
