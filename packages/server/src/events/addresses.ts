// Where events may be sent: to public addresses, and to what the operator has excepted. Names are resolved once for each
// attempt, and the connection goes to the very address that was judged, so that a name cannot change in between.
import { isIP } from "node:net";
import { collectFaults, type Fault } from "@hestia/core";
import ipaddr from "ipaddr.js";

/** What may be reached. */
export type AddressRule = {
  /** Tells whether events may be sent to this address of this host. */
  permits(host: string, address: string): boolean;
  /** Tells whether the operator has named the host or the address: then plain http will do as well. */
  excepts(host: string, address: string): boolean;
};

/** Returns all addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Makes the rule from exceptions: addresses, ranges as `10.0.0.0/8`, and host names. */
export function makeAddressRule(exceptions: readonly string[]): AddressRule {
  const ranges = exceptions.map(parseRange).filter((each) => each !== undefined);
  const hosts = new Set(exceptions.filter((each) => parseRange(each) === undefined));
  const excepts = (host: string, address: string) =>
    hosts.has(bareHost(host)) || ranges.some((range) => isWithin(address, range));
  return {
    excepts,
    permits: (host, address) => isPublic(address) || excepts(host, address),
  };
}

/** Returns what an exception has wrong, or undefined. */
export function exceptionFault(exception: string): string | undefined {
  const isName = /^(?=.{1,253}$)(?!.*\d$)[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(exception);
  return isName || parseRange(exception) !== undefined
    ? undefined
    : `"${exception}" is no address, range or host name.`;
}

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

function parseRange(text: string): Range | undefined {
  // The library reads `10.1` as an address too.
  if (isIP(text.split("/")[0] ?? "") === 0) return undefined;
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    return undefined;
  }
}

function isWithin(text: string, [base, bits]: Range): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.process(text);
  return address.kind() === base.kind() && address.match(base, bits);
}

// Only what is nobody's in particular counts as public: everything that a registry has set aside for another purpose,
// translators and tunnels to IPv4 too, is refused without a list of it here.
function isPublic(text: string): boolean {
  if (isIP(text) === 0) return false;
  const address = ipaddr.process(text);
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || address.match(globalUnicast);
}

const globalUnicast = ipaddr.parseCIDR("2000::/3");

// As resolvers and lists write it: no brackets, no dot at its end.
function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/** Returns what a webhook's address has wrong as it stands; what its name leads to is judged when it is sent to. */
export function urlFaults(rule: AddressRule, text: string): readonly Fault[] {
  const url = new URL(text);
  const host = bareHost(url.hostname);
  const faults = collectFaults();
  const address = literalAddress(host);
  if (address !== undefined && !rule.permits(host, address))
    faults.add(
      "/url",
      "not_allowed",
      `${host} is no public address; HESTIA_WEBHOOK_ALLOW can except it.`,
    );
  if (url.protocol === "http:" && !rule.excepts(host, address ?? ""))
    faults.add(
      "/url",
      "not_allowed",
      "It must begin with https://; HESTIA_WEBHOOK_ALLOW can except its host.",
    );
  return faults.faults;
}

// Names that lead to this machine by their definition (RFC 6761) count as its address.
function literalAddress(host: string): string | undefined {
  if (isIP(host) !== 0) return host;
  return /(^|\.)localhost$/.test(host) ? "127.0.0.1" : undefined;
}

/** Why an address is not connected to. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** Resolves the host and returns the one address to connect to; throws AddressRefused. */
export async function judgedAddress(
  url: URL,
  { rule, resolve }: { rule: AddressRule; resolve: Resolve },
): Promise<string> {
  const host = bareHost(url.hostname);
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  const [first] = addresses;
  if (first === undefined) throw new AddressRefused("The host name leads to no address.");
  // One bad address among good ones is how a name is made to lead inside at the second try.
  if (!addresses.every((address) => rule.permits(host, address)))
    throw new AddressRefused(
      "The host leads to an address that is not public; HESTIA_WEBHOOK_ALLOW can except it.",
    );
  if (url.protocol !== "https:" && !addresses.every((address) => rule.excepts(host, address)))
    throw new AddressRefused("Plain http is sent only to hosts that HESTIA_WEBHOOK_ALLOW names.");
  return first;
}
