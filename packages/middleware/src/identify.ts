// Who the tenant of a request is: every source that is on is read, and all that name a tenant must name the same one.
// Knows no framework, and asks nothing of the world but the look-up. Invariant: a doubt is a refusal, never a guess.
import { HestiaError, isUuid, limits, statusProblem } from "@hestia/core";
import type { DirectoryEntry, TenantKey } from "@hestia/postgres";
import { type HostReading, hostReader, isSlug, type Naming } from "./hosts.ts";

/** What identification reads of a request. */
export type RequestFacts = {
  /** Every different Host that the request came with; a forwarded one alone where the proxy is trusted. */
  readonly hosts: readonly string[];
  /** The host of a URL that the server or its framework made, which may be its own name; it must not name another. */
  readonly urlHost?: string;
  /** The header fields, by names in lower case. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** The path as it came, before anything was rewritten. */
  readonly path: string;
};

/**
 * Reads whom a request names, such as by a credential that it verifies: see `tokenSource` of `@hestia/middleware/token`.
 *
 * Answers "nobody" where the request has nothing of the kind, and throws where it has and it is no good.
 */
export type SourceReader = (facts: RequestFacts) => Naming | Promise<Naming>;

/**
 * A place where a request may name its tenant: its host, the header X-Tenant-Id or X-Tenant-Slug, the path
 * `/t/{slug}/…`, or one of your own.
 */
export type Source = "host" | "header" | "path" | SourceReader;

/** How tenants are identified. */
export type IdentifyOptions = {
  /** The domain below which slugs are hosts, such as `example.com`. */
  readonly baseDomain: string;
  /** Further hosts of the application itself, which name no tenant. */
  readonly hosts?: readonly string[] | undefined;
  /** The sources that are on, in the order in which they are read. */
  readonly sources: readonly Source[];
  /** Looks a tenant up, whatever its status. */
  readonly find: (key: TenantKey) => Promise<DirectoryEntry | undefined>;
};

/**
 * Finds the tenant that a request names, or undefined where it names none.
 *
 * Throws `tenant_not_found`, and `tenant_sources_disagree` when two sources do not name the same tenant.
 */
export type Identify = (facts: RequestFacts) => Promise<DirectoryEntry | undefined>;

/** Makes the identification of requests. */
export function makeIdentify({ baseDomain, hosts, sources, find }: IdentifyOptions): Identify {
  const readHost = hostReader(baseDomain, hosts);
  const readers = sources.flatMap((source) => readersOf(source, readHost));
  return async (facts) => {
    const named: Exclude<Naming, "nobody">[] = [];
    for (const read of readers) {
      const naming = read(facts);
      if (naming === "nobody") continue;
      // Most sources know at once; each turn of the queue would cost as much as they do.
      const known = isPromise(naming) ? await naming : naming;
      if (known !== "nobody") named.push(known);
    }
    const [first, ...others] = named;
    if (first === undefined) return undefined;
    if (others.length === 0) return (await lookUp(first, find)) ?? notFound();
    return agreed(await Promise.all(named.map((naming) => lookUp(naming, find))));
  };
}

/** Throws unless the tenant's status lets the method through. */
export function admit(entry: DirectoryEntry, method: string): void {
  const problem = statusProblem(entry.status, readingMethods.has(method) ? "read" : "write");
  if (problem === undefined) return;
  const retry =
    problem === "tenant_not_ready" ? { retryAfterSeconds: limits.tenantNotReadyRetrySeconds } : {};
  throw new HestiaError(problem, { status: entry.status, ...retry });
}

/** The slug of a path `/t/{slug}/…` and the path below it; undefined for any other path. */
export function splitTenantPath(url: string): { slug: string; rest: string } | undefined {
  if (!url.startsWith("/t/")) return undefined;
  const end = url.slice(3).search(/[/?#]/);
  const slug = end === -1 ? url.slice(3) : url.slice(3, 3 + end);
  const rest = url.slice(3 + slug.length);
  return { slug, rest: rest.startsWith("/") ? rest : `/${rest}` };
}

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

function agreed(found: readonly (DirectoryEntry | undefined)[]): DirectoryEntry {
  const [first] = found;
  if (found.some((entry) => entry?.id !== first?.id)) return disagree();
  return first ?? notFound();
}

const isPromise = (naming: Naming | Promise<Naming>): naming is Promise<Naming> =>
  typeof naming === "object" && "then" in naming;

function lookUp(
  naming: Exclude<Naming, "nobody">,
  find: IdentifyOptions["find"],
): Promise<DirectoryEntry | undefined> | undefined {
  return naming === "unknown" ? undefined : find(naming);
}

type HostReader = ReturnType<typeof hostReader>;

function readersOf(source: Source, readHost: HostReader): SourceReader[] {
  if (typeof source === "function") return [source];
  if (source === "host") return [hostSource(readHost)];
  if (source === "path") return [readPath];
  return [
    ({ headers }) => readField(headers["x-tenant-id"], idNaming),
    ({ headers }) => readField(headers["x-tenant-slug"], slugNaming),
  ];
}

function hostSource(read: HostReader): SourceReader {
  return ({ hosts: [first = "", ...others], urlHost }) => {
    const reading = read(first);
    if (others.some((other) => read(other).host !== reading.host)) return disagree();
    if (urlHost !== undefined && isOther(read(urlHost), reading)) return disagree();
    return reading.naming;
  };
}

/** True where a URL names a tenant, and the Host field another one or none. */
function isOther(url: HostReading, field: HostReading): boolean {
  return typeof url.naming !== "string" && field.naming !== "unknown" && url.host !== field.host;
}

/** A field that came twice is joined by a comma, which neither an id nor a slug can have in it. */
function readField(
  field: string | readonly string[] | undefined,
  naming: (text: string) => Naming,
): Naming {
  if (field === undefined) return "nobody";
  const [first = "", ...others] = String(field).split(/\s*,\s*/);
  if (others.some((other) => other !== first)) return disagree();
  return naming(first);
}

function idNaming(text: string): Naming {
  return isUuid(text) ? { id: text.toLowerCase() } : "unknown";
}

function slugNaming(text: string): Naming {
  return isSlug(text) ? { slug: text } : "unknown";
}

function readPath({ path }: RequestFacts): Naming {
  const slug = splitTenantPath(path)?.slug;
  return slug === undefined ? "nobody" : slugNaming(slug);
}

function notFound(): never {
  throw new HestiaError("tenant_not_found");
}

function disagree(): never {
  throw new HestiaError("tenant_sources_disagree");
}
