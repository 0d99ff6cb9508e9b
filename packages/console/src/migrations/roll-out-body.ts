// What a roll-out's options come to: the request, and the command that does the same.
import type { RollOutOptions } from "./search.ts";

/** Reads shares in per cent, growing; undefined where they are none, and nothing where nobody says otherwise. */
export function parseWaves(text: string | undefined): { waves?: number[] } | undefined {
  if (text === undefined) return {};
  const parts = text
    .split(/[\s,;%]+/)
    .filter((part) => part !== "")
    .map(Number);
  const isGrowing = parts.every((each, index) => index === 0 || each > (parts[index - 1] ?? 0));
  return isGrowing && parts.every((each) => each > 0 && each < 100) && parts.length <= 20
    ? { waves: parts }
    : undefined;
}

/** The request of a roll-out. */
export function bodyOf(options: RollOutOptions) {
  const { canary, pause, hold, stopOnError, errorRate } = options;
  return {
    ...parseWaves(options.waves),
    ...(canary === undefined ? {} : { canary: [...canary] }),
    ...(pause === undefined ? {} : { pauseSeconds: pause }),
    ...(hold ? { hold } : {}),
    ...(stopOnError ? { stopOnError } : {}),
    ...(errorRate === undefined ? {} : { errorRateMax: errorRate / 100 }),
  };
}

/** The command that does the same. */
export function commandOf(options: RollOutOptions): string {
  const { waves } = parseWaves(options.waves) ?? {};
  return [
    "npx --no hestia migrate up",
    ...(options.canary === undefined ? [] : [`--canary ${options.canary.join(",")}`]),
    ...(waves === undefined ? [] : [`--waves ${waves.join(",") || '""'}`]),
    ...(options.pause === undefined ? [] : [`--pause ${options.pause}`]),
    ...(options.hold ? ["--hold"] : []),
    ...(options.stopOnError ? ["--stop-on-error"] : []),
    ...(options.errorRate === undefined ? [] : [`--error-rate ${options.errorRate}%`]),
  ].join(" ");
}
