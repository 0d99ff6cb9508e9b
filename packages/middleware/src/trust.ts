// Whose X-Forwarded-Host is believed: of nobody's unless it is said, and then of those who speak to the server themselves.
import { HestiaError } from "@hestia/core";
import proxyAddr from "proxy-addr";

/**
 * The proxies whose X-Forwarded-Host is believed: `true` for whoever connects, or their addresses and ranges, such as
 * `["10.0.0.0/8", "loopback"]`, in a list or with commas between them.
 */
export type TrustProxy = boolean | string | readonly string[];

/** Tells whether the peer at this address is trusted. */
export type Trust = (address: string | undefined) => boolean;

/** Makes the test of peers; throws `configuration_invalid` for what names no addresses. */
export function makeTrust(setting: TrustProxy = false): Trust {
  if (typeof setting === "boolean") return () => setting;
  if (typeof setting === "number") {
    throw unusable("a count of proxies cannot tell who is speaking; name their addresses.");
  }
  const ranges = typeof setting === "string" ? setting.split(/\s*,\s*/) : [...setting];
  const trusts = compile(ranges);
  return (address) => address !== undefined && trusts(address, 0);
}

function compile(ranges: string[]): (address: string, distance: number) => boolean {
  try {
    return proxyAddr.compile(ranges);
  } catch (cause) {
    throw unusable(`"${ranges.join(", ")}" is not a list of addresses and ranges.`, cause);
  }
}

function unusable(problem: string, cause?: unknown): HestiaError {
  const message = `trustProxy cannot be used: ${problem}`;
  return new HestiaError("configuration_invalid", {}, { message, cause });
}
