// What a Host field says: a tenant's slug below the base domain, a domain that may be a tenant's own, nobody, or
// something that can be no tenant. Invariant: a host that is not exactly one name in one form never finds a tenant.
import { isUtf8 } from "node:buffer";
import { domainToASCII } from "node:url";
import { HestiaError, limits, slugPattern } from "@hestia/core";
import type { TenantKey } from "@hestia/postgres";

/** Whom a source names: a tenant to look up, nobody, or something that no tenant can be called. */
export type Naming = TenantKey | "nobody" | "unknown";

/** A host in canonical form, and whom it names. */
export type HostReading = { readonly host: string; readonly naming: Naming };

/** A domain with the longest port behind it, and the dot and colon between. */
const fieldCharsMax = limits.domainCharsMax + ".:65535".length;
const portMax = 65_535;
const readingsMax = 10_000;

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const slug = new RegExp(slugPattern);
const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;

/** Tells whether a text can be a slug; whether a tenant has it, the directory knows. */
export function isSlug(text: string): boolean {
  return (
    text.length >= limits.slugCharsMin && text.length <= limits.slugCharsMax && slug.test(text)
  );
}

/**
 * Makes a reader of Host fields for a base domain; it remembers what it read, within bounds.
 * `ownHosts` are further names of the application itself, and name nobody.
 */
export function hostReader(
  baseDomain: string,
  ownHosts: readonly string[] = [],
): (field: string) => HostReading {
  const base = parseName(baseDomain, "base domain");
  const own = new Set(ownHosts.map((name) => parseName(name, "host")));
  const readings = new Map<string, HostReading>();
  return (field) => {
    const known = readings.get(field);
    if (known !== undefined) return known;
    const reading = readHost(field, base, own);
    if (field.length > fieldCharsMax) return reading;
    // Hosts are few in honest traffic: to forget all of them now and then costs nothing.
    if (readings.size >= readingsMax) readings.clear();
    readings.set(field, reading);
    return reading;
  };
}

function parseName(text: string, what: string): string {
  const host = canonicalHost(text);
  if (host !== undefined && isName(host) && !/:\d+$/.test(text)) return host;
  throw new HestiaError(
    "configuration_invalid",
    {},
    { message: `The ${what} "${text}" is not a host name; write it as example.com.` },
  );
}

const nothing: ReadonlySet<string> = new Set();

/** Reads one Host field; the base domain and the application's own names are in canonical form. */
export function readHost(field: string, base: string, own = nothing): HostReading {
  if (field === "") return { host: "", naming: "nobody" };
  const host = canonicalHost(field);
  if (host === undefined) return { host: field, naming: "unknown" };
  return { host, naming: own.has(host) ? "nobody" : namingOf(host, base) };
}

function namingOf(host: string, base: string): Naming {
  if (host === base || address.test(host)) return "nobody";
  if (!isName(host)) return "unknown";
  if (host.endsWith(`.${base}`)) {
    // What stands below a slug has a dot in it and is no slug.
    const first = host.slice(0, -base.length - 1);
    return isSlug(first) ? { slug: first } : "unknown";
  }
  // A single word is a machine of the local network; a domain has two parts at least.
  return host.includes(".") ? { domain: host } : "nobody";
}

/** Lower case, A-labels, no port, no dot at the end; undefined for what is no host. */
function canonicalHost(field: string): string | undefined {
  if (field.length > fieldCharsMax) return undefined;
  const [, name = "", port] = /^(.+?)(?::(\d{1,5}))?$/s.exec(field) ?? [];
  if (port !== undefined && Number(port) > portMax) return undefined;
  const lower = toAscii(name).toLowerCase();
  const host = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  return host === "" ? undefined : host;
}

/** A name in other letters, as it is or as UTF-8 read byte by byte, becomes what DNS calls it; "" when it cannot. */
function toAscii(name: string): string {
  if (/^[\x21-\x7e]*$/.test(name)) return name;
  // The mapping would drop or decode what no host name has in it.
  if (!/^[a-z0-9.\-\u0080-\uffff]*$/i.test(name)) return "";
  // Node reads header fields byte by byte, so that a name in UTF-8 comes as the characters of its bytes.
  const bytes = Buffer.from(name, "latin1");
  const isBytes = bytes.toString("latin1") === name && isUtf8(bytes);
  return domainToASCII(isBytes ? bytes.toString("utf8") : name);
}

/** A host name whose labels are all well formed and whose last one is not a number. */
function isName(host: string): boolean {
  if (host.length > limits.domainCharsMax) return false;
  const labels = host.split(".");
  return labels.every((each) => label.test(each)) && !/^\d+$/.test(labels.at(-1) ?? "");
}
