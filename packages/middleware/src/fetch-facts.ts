// What a fetch-style request says about its tenant. Its URL is the server's or the framework's own work, made canonical
// and perhaps with another host, so the Host field counts where there is one.
import type { RequestFacts } from "./identify.ts";
import { splitHosts } from "./node-facts.ts";

/** The facts of a request; `trusted` where the peer is a proxy that is believed. */
export function fetchFacts({ url, headers }: Request, trusted: boolean): RequestFacts {
  const { host, path } = splitUrl(url);
  const rest = { headers: Object.fromEntries(headers), path };
  const forwarded = trusted ? splitHosts(headers.get("x-forwarded-host")) : [];
  if (forwarded.length > 0) return { hosts: forwarded, ...rest };
  const fields = splitHosts(headers.get("host"));
  return fields.length > 0 ? { hosts: fields, urlHost: host, ...rest } : { hosts: [host], ...rest };
}

/** The host and the path of a request's URL. */
export function splitUrl(url: string): { host: string; path: string } {
  const [, host = "", path = ""] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  return { host, path: path.startsWith("/") ? path : `/${path}` };
}
