// How often and how soon a process that dies is started again.

const windowMs = 60_000;
const restartsMax = 5;

/** Returns how long to wait before the next start, longer each time; undefined once it died too often within a minute. */
export function makeRestarts(now: () => number = Date.now): () => number | undefined {
  let times: number[] = [];
  return () => {
    times = times.filter((time) => now() - time < windowMs);
    if (times.length >= restartsMax) return undefined;
    times.push(now());
    return 250 * 2 ** (times.length - 1);
  };
}
