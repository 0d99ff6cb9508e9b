// Times for people: how long ago, and when exactly, in UTC.

const units: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** How long ago a time was, in one unit, or how far ahead it is: `3 minutes ago`, `in 2 days`. */
export function relativeTime(time: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(time)) / 1000);
  // Less is a server whose clock is ahead.
  if (seconds < -10) return `in ${inOneUnit(-seconds, nearly)}`;
  return seconds < 1 ? "just now" : `${inOneUnit(seconds)} ago`;
}

/** What was said to be in seven days is not in six a moment later. */
const nearly = 0.05;

function inOneUnit(seconds: number, lacking = 0): string {
  const [size, name] = units.find(([each]) => seconds / each + lacking >= 1) ?? [1, "second"];
  const count = Math.floor(seconds / size + lacking);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

// To the second: `2026-11-22 04:59:16 UTC`.
function absoluteTime(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Both: what a person wants to know and what a person wants to copy. */
export function fullTime(time: string, now: number): string {
  return `${absoluteTime(time)} (${relativeTime(time, now)})`;
}

/** How long something took: `40 ms`, `1.4 s`, `12 s`, `3 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
