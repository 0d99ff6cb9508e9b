// Where a tenant's application is reached.

/** The host of a tenant's slug. */
export function hostOf(slug: string, baseDomain: string): string {
  return `${slug}.${baseDomain}`;
}

/** Where the host is opened: by the console's own protocol, since both stand behind the same proxy or on the same machine. */
export function urlOf(host: string): string {
  return `${location.protocol}//${host}/`;
}
