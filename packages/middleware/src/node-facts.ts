// What a request of Node's own HTTP server says about its tenant. Invariant: every host that the connection names is told,
// so that none can be chosen over another.
import type { IncomingHttpHeaders } from "node:http";
import type { RequestFacts } from "./identify.ts";

/** The part of Node's requests, HTTP/1 and HTTP/2, that is read. */
export type NodeRequest = {
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
};

/** The facts of a request with this target; `trusted` where the peer is a proxy that is believed. */
export function nodeFacts(request: NodeRequest, url: string, trusted: boolean): RequestFacts {
  // "GET http://host/path" names a host as well.
  const [, target, path = url] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  const forwarded = trusted ? forwardedHosts(request) : [];
  return {
    hosts: forwarded.length > 0 ? forwarded : connectionHosts(request, target),
    headers: request.headers,
    path,
  };
}

/** Every value that the proxies in front have sent: when they differ, none of them is believed. */
export function forwardedHosts({ headers }: { readonly headers: IncomingHttpHeaders }): string[] {
  return splitHosts(headers["x-forwarded-host"]);
}

/** The hosts of an X-Forwarded-Host field, which proxies in a row put behind each other. */
export function splitHosts(field: string | readonly string[] | null | undefined): string[] {
  const text = field === null || field === undefined ? "" : String(field).trim();
  return text === "" ? [] : text.split(/\s*,\s*/);
}

function connectionHosts({ rawHeaders }: NodeRequest, target: string | undefined): string[] {
  const hosts = target === undefined ? [] : [target];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const host = rawHeaders[at + 1] ?? "";
    if (isHostField(rawHeaders[at] ?? "") && !hosts.includes(host)) hosts.push(host);
  }
  return hosts;
}

function isHostField(name: string): boolean {
  return (name.length === 4 && name.toLowerCase() === "host") || name === ":authority";
}
