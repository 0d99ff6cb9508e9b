// Names that no tenant may take as its slug: a slug becomes a host name beside the platform's own
// ones, a path and part of what people trust. Grouped by why; keep each group sorted.

const groups = {
  // Hosts that browsers, mail servers and operators look for under any domain.
  hosts: `
    autoconfig autodiscover broadcasthost cdn dns email ftp gateway host imap ip6-localhost
    isatap localdomain localhost lyncdiscover mail mailhost mta mta-sts mx ns ntp pop pop3 proxy
    relay router sftp sip smtp ssh time vpn webdisk webmail whois wpad www
  `,
  // Addresses that prove control of a domain (RFC 2142, CA/Browser Forum) when a slug is mailed to.
  mailboxes: `
    abuse administrator hostmaster info marketing mailer-daemon no-reply noc noreply postmaster
    sales security ssladmin ssladministrator sslwebmaster sysadmin usenet uucp webmaster
  `,
  // What the platform itself serves, now or soon.
  platform: `
    account accounts admin admins api apis app apps assets audit auth backup backups beta billing
    blog branding cache callback careers cluster clusters config console contact contracts
    dashboard data database db dev developer developers directory docs documentation
    download downloads edge event events export exports feedback files flags forum gateway-api
    graphql health healthz help hestia hooks id identity images import imports internal invite
    invitations invoice invoices jobs js jwks keys legal limits live livez login logout logs media
    members metrics migrations mobile monitor monitoring my oauth oauth2 ofrep oidc
    onboarding openapi operations operator operators ops packages pay payment payments plans
    platform portal preview pricing privacy prod production proxies public queue readyz register
    reports restore root saml sandbox schema scim search secure self session sessions settings
    share shared signin signout signup site sla smoke sso stage staging stat
    static stats status store storage superuser support swagger system teams telemetry tenant
    tenants terms test testing tls token tokens trust uat upload uploads usage user users v1
    v2 v3 verify web webhook webhooks well-known wiki ws
  `,
  // Words with a meaning in PostgreSQL or in Hestia's own schemas and roles.
  database: `
    citus citus-internal information-schema pg-catalog pg-toast pgbouncer postgres postgresql
    template template0 template1
  `,
  // Words that programs take for the absence of a value.
  absence: `
    all any anonymous default everyone example false guest invalid me nil nobody none null nan
    self-service true undefined unknown void
  `,
} as const;

/** The names that are refused as slugs, as they stand. */
export const reservedNames: ReadonlySet<string> = new Set(
  Object.values(groups).flatMap((group) => group.trim().split(/\s+/)),
);

/** Hosts that are commonly numbered: `ns1`, `mx02`, `web-3` are refused like `ns`. */
const numbered =
  /^(?:api|app|cdn|db|dns|edge|imap|mail|mta|mx|node|ns|pop|proxy|relay|server|smtp|srv|static|vpn|web|www)-?\d{1,3}$/;

/** Tells whether the name is kept from tenants. */
export function isReservedName(name: string): boolean {
  return reservedNames.has(name) || numbered.test(name) || name.startsWith("hestia-");
}
