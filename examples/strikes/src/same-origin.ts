// Against forged requests: a browser says where a form came from. Another airline's host is another origin, though it is
// the same site, so that "same-site" is not enough.

type Facts = {
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly host: string;
};

/** True when a request that changes something comes from the host's own pages, or from no browser at all. */
export function isSameOrigin({ headers, host }: Facts): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin } = headers;
  if (origin === undefined) return true;
  const sender = typeof origin === "string" ? URL.parse(origin) : null;
  return sender !== null && sender.host === host;
}
