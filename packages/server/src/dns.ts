// Questions to name servers: those of the system, or those that the configuration names. The answer is what they say now,
// within a bound.
import { Resolver } from "node:dns/promises";
import { HestiaError } from "@hestia/core";

/** Returns the texts of a name's TXT records, none where there are none; throws `dns_unavailable`. */
export type ResolveText = (name: string) => Promise<readonly string[]>;

/** Asks these servers, as `address` or `address:port`; without any, those of the system. */
export function resolveTextBy(servers: readonly string[]): ResolveText {
  return async (name) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    if (servers.length > 0) resolver.setServers([...servers]);
    try {
      // A long text comes in parts.
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code === "ENOTFOUND" || code === "ENODATA") return [];
      throw new HestiaError("dns_unavailable", { record: name }, { cause });
    }
  };
}

/** Returns what a configured server has wrong, or undefined. */
export function nameServerFault(server: string): string | undefined {
  try {
    new Resolver().setServers([server]);
    return undefined;
  } catch {
    return `"${server}" is no address of a name server, such as 192.0.2.53 or [2001:db8::53]:5353.`;
  }
}
