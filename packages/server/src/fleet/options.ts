// What an operator says of a run of migrations, as the operation keeps it.
import { type JsonObject, type Operation, wavePercentsDefault } from "@hestia/core";

/** How a run goes through the fleet. */
export type RunOptions = {
  /** Decides whom the shares fall on: a run that is continued keeps what it began with. Absent: the operation's id. */
  readonly seed?: string | undefined;
  readonly waves: readonly number[];
  /** Targets that go first. */
  readonly canary: readonly string[];
  readonly pauseSeconds: number;
  /** Ends after each wave that did something, until somebody continues. */
  readonly hold: boolean;
  readonly stopOnError: boolean;
  /** The run stops when more of a wave fails. */
  readonly errorRateMax: number;
};

/** One target in ten of a wave. */
const errorRateMaxDefault = 0.1;

/** Fills in what the operator left open. */
export function runOptions(asked: Partial<RunOptions>): RunOptions {
  return {
    seed: asked.seed,
    waves: (asked.waves ?? wavePercentsDefault).toSorted((a, b) => a - b),
    canary: asked.canary ?? [],
    pauseSeconds: asked.pauseSeconds ?? 0,
    hold: asked.hold ?? false,
    stopOnError: asked.stopOnError ?? false,
    errorRateMax: asked.errorRateMax ?? errorRateMaxDefault,
  };
}

/** The options as they are stored. */
export const storedOptions = (options: RunOptions): JsonObject => ({ ...options });

/** The options of a stored operation; one that an older server began has none. */
export function optionsOf(
  operation: Pick<Operation, "id">,
  input: JsonObject,
): RunOptions & { readonly seed: string } {
  const asked = input as Partial<RunOptions>;
  return { ...runOptions(asked), seed: asked.seed ?? operation.id };
}
