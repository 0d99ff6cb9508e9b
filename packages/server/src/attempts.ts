// How often strangers may try: so many times a minute from one address, on this server. What is remembered is bounded too.
import { isIPv6 } from "node:net";
import { HestiaError } from "@hestia/core";

const windowMs = 60_000;
const addressesMax = 10_000;

/** Makes a bound; what it returns throws `too_many_attempts` for an address that has used it up. */
export function boundAttempts(perMinuteMax: number, now: () => number = () => performance.now()) {
  let endsAt = 0;
  const counts = new Map<string, number>();
  return (address: string): void => {
    const at = now();
    // With more addresses than can be told apart, all begin anew.
    if (at >= endsAt || counts.size >= addressesMax) {
      counts.clear();
      endsAt = at + windowMs;
    }
    const key = networkOf(address);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count > perMinuteMax) {
      const retryAfterSeconds = Math.max(1, Math.ceil((endsAt - at) / 1000));
      throw new HestiaError("too_many_attempts", { retryAfterSeconds });
    }
  };
}

// Who has one address of IPv6 has the 2^64 beside it.
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
