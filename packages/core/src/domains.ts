// Custom domains: host names in their one canonical form (lower-case A-labels, no dot at the end).
// A domain that everyone shares (a public suffix), that is no host name, or that belongs to the
// platform is never a tenant's.
import { parse } from "tldts";
import { type Fault, type Parsed, parsedOr } from "./faults.ts";
import { limits } from "./limits.ts";

/** What the platform knows about its own domains. */
export type DomainRules = {
  /** The domain under which slugs are served, such as `example.com`. */
  readonly baseDomain?: string | undefined;
};

/** Returns the domain in canonical form, or every fault it has. */
export function parseDomain(text: unknown, { baseDomain }: DomainRules = {}): Parsed<string> {
  if (typeof text !== "string") return refused("wrong_type", "The domain must be a text.");
  const host = canonicalHost(text);
  if (host === undefined)
    return refused(
      "malformed",
      "The domain must be a host name alone, such as app.example.com: no scheme, port or path.",
    );
  return parsedOr([...syntaxFaults(host), ...ownershipFaults(host, baseDomain)], () => host);
}

function canonicalHost(text: string): string | undefined {
  const host = text.endsWith(".") ? text.slice(0, -1) : text;
  // What URL would read as something other than a host, or drop without a word.
  if (host === "" || /[\s\p{Cc}/\\:?#@[\]%<>^|"`{}]/u.test(host)) return undefined;
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
}

function syntaxFaults(host: string): Fault[] {
  if (host.length > limits.domainCharsMax)
    return [fault("too_long", `The domain must have at most ${limits.domainCharsMax} characters.`)];
  const parsed = parse(host, { allowPrivateDomains: true });
  if (parsed.isIp) return [fault("malformed", "The domain may not be an IP address.")];
  if (!host.split(".").every(isLabel))
    return [
      fault(
        "malformed",
        "Each part of the domain must have 1 to 63 letters, digits or inner hyphens.",
      ),
    ];
  if (!host.includes("."))
    return [fault("malformed", "The domain must have at least two parts, such as example.com.")];
  if (/^\d+$/.test(host.slice(host.lastIndexOf(".") + 1)))
    return [fault("malformed", "The domain's last part may not be a number.")];
  if (parsed.domain === null)
    return [fault("public_suffix", `${host} is shared by everyone; use a domain below it.`)];
  return [];
}

function ownershipFaults(host: string, baseDomain: string | undefined): Fault[] {
  if (isAtOrBelow(host, "localhost"))
    return [fault("malformed", "The domain may not be localhost; use the slug's host there.")];
  if (baseDomain !== undefined && isAtOrBelow(host, canonicalHost(baseDomain) ?? baseDomain))
    return [fault("platform_domain", `${host} is the platform's own; use a domain of the tenant.`)];
  return [];
}

function isLabel(label: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label);
}

function isAtOrBelow(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

function refused(code: string, message: string): Parsed<never> {
  return { faults: [fault(code, message)] };
}

function fault(code: string, message: string): Fault {
  return { pointer: "", code, message };
}
