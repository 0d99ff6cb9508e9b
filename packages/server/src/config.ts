// The server's configuration: read once from an environment, every fault reported at once. Nothing else reads one.
import { readFileSync } from "node:fs";
import {
  collectFaults,
  type FaultCollector,
  HestiaError,
  limits,
  parseOperatorKey,
} from "@hestia/core";
import { nameServerFault } from "./dns.ts";
import { exceptionFault } from "./events/addresses.ts";

/** How the server is to run. */
export type Config = {
  /** An administrator's URL of the platform database. */
  readonly databaseUrl: string;
  /** What stored logins are sealed with. */
  readonly secretKey: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A key that shall be let in; without one the first start makes one. */
  readonly operatorKey?: string | undefined;
  /** The folder of the embedded default, where a key that is made is written too. */
  readonly dataFolder?: string | undefined;
  /** The domain under which slugs are served. */
  readonly baseDomain: string;
  /** Where a tenant's application is opened, with `{slug}` for its slug. */
  readonly tenantUrl?: string | undefined;
  /** Further names of the server's own, which are no tenant's. */
  readonly hosts: readonly string[];
  readonly dataDatabase?: string | undefined;
  /** A folder with the application's migrations, stored at the start. */
  readonly migrationsFolder?: string | undefined;
  /** Addresses, ranges and hosts that webhooks may lead to although they are not public. */
  readonly webhookAllow: readonly string[];
  /** Name servers that are asked about tenants' domains; none: the system's. */
  readonly dnsServers: readonly string[];
  /** What events name as where they come from, a URI. */
  readonly eventSource?: string | undefined;
  /** The JSON Schema of tenants' settings. */
  readonly settingsSchema?: Record<string, unknown> | undefined;
  readonly logLevel: (typeof logLevels)[number];
  readonly logFormat: (typeof logFormats)[number];
  /** The addresses or ranges of proxies whose forwarding headers are believed, or all or none. */
  readonly trustProxy: boolean | string;
  /** Sessions that migrate one cluster's tenants beside each other. */
  readonly migrationSessions: number;
  /** How long a migration waits for a lock before it leaves that tenant for later. */
  readonly migrationLockMs: number;
  /** How long one statement of a migration may run; 0: as long as it takes. */
  readonly migrationStatementMs: number;
};

/** An environment: names to texts. */
export type Environment = { readonly [name: string]: string | undefined };

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const logFormats = ["pretty", "json"] as const;

/** Returns the configuration that the environment gives, or throws `configuration_invalid` with every fault. */
export function parseConfig(env: Environment): Config {
  const faults = collectFaults();
  const read = readerOf(env, faults);
  const config: Config = {
    databaseUrl: read.postgresUrl("DATABASE_URL", { required: true }) ?? "",
    secretKey: read.secret("HESTIA_SECRET_KEY", { required: true }) ?? "",
    host: read.text("HESTIA_HOST") ?? "127.0.0.1",
    port: read.integer("HESTIA_PORT", { max: 65_535 }) ?? 4378,
    operatorKey: read.operatorKey("HESTIA_OPERATOR_KEY"),
    dataFolder: read.text("HESTIA_DATA"),
    baseDomain: read.domain("HESTIA_BASE_DOMAIN") ?? "localhost",
    tenantUrl: read.tenantUrl("HESTIA_TENANT_URL"),
    hosts: read.domains("HESTIA_HOSTS") ?? [],
    dataDatabase: read.text("HESTIA_DATA_DATABASE"),
    migrationsFolder: read.text("HESTIA_MIGRATIONS"),
    webhookAllow: read.exceptions("HESTIA_WEBHOOK_ALLOW") ?? [],
    dnsServers: read.nameServers("HESTIA_DNS_SERVERS") ?? [],
    eventSource: read.uri("HESTIA_EVENT_SOURCE"),
    settingsSchema: read.jsonFile("HESTIA_SETTINGS_SCHEMA"),
    logLevel: read.choice("HESTIA_LOG_LEVEL", logLevels) ?? "info",
    logFormat: read.choice("HESTIA_LOG_FORMAT", logFormats) ?? "json",
    trustProxy: read.proxies("HESTIA_TRUST_PROXY") ?? false,
    migrationSessions: read.integer("HESTIA_MIGRATION_SESSIONS", { min: 1, max: 32 }) ?? 2,
    migrationLockMs: read.integer("HESTIA_MIGRATION_LOCK_MS", { min: 1, max: 60_000 }) ?? 1_000,
    migrationStatementMs: read.integer("HESTIA_MIGRATION_STATEMENT_MS", { max: 86_400_000 }) ?? 0,
  };
  if (faults.faults.length > 0) throw configurationInvalid(faults.faults);
  return config;
}

/** Returns what events name as where they come from: the same for all servers of a platform. */
export function eventSource({ eventSource, hosts, host, port }: Config): string {
  const [own] = hosts;
  return eventSource ?? (own === undefined ? `http://${host}:${port}` : `https://${own}`);
}

function configurationInvalid(faults: FaultCollector["faults"]): HestiaError {
  const lines = faults.map((fault) => `${fault.pointer}: ${fault.message}`);
  return new HestiaError(
    "configuration_invalid",
    {},
    { faults, message: `The configuration has faults. ${lines.join(" ")}` },
  );
}

/** Reads single settings; whatever is wrong is noted under the setting's name. */
function readerOf(env: Environment, faults: FaultCollector) {
  const text = (name: string, { required = false } = {}): string | undefined => {
    const value = env[name]?.trim();
    if (value) return value;
    if (required) faults.add(name, "required", "It must be set.");
    return undefined;
  };
  const refuse = (name: string, message: string): undefined => {
    faults.add(name, "malformed", message);
    return undefined;
  };
  const domain = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;
  return {
    text,
    postgresUrl: (name: string, options = {}) => {
      const value = text(name, options);
      return value === undefined || (/^postgres(?:ql)?:\/\//.test(value) && URL.canParse(value))
        ? value
        : refuse(name, "It must be like postgres://user:password@host:5432/database.");
    },
    secret: (name: string, options = {}) => {
      const value = text(name, options);
      const { operatorKeyCharsMin } = limits;
      return value === undefined || value.length >= operatorKeyCharsMin
        ? value
        : refuse(name, `It must have ${operatorKeyCharsMin} characters at least.`);
    },
    operatorKey: (name: string) => {
      const value = text(name);
      return value === undefined ? undefined : faults.take(name, parseOperatorKey(value));
    },
    integer: (name: string, { min = 0, max }: { min?: number; max: number }) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const fits = /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
      return fits
        ? Number(value)
        : refuse(name, `It must be a whole number from ${min} to ${max}.`);
    },
    choice: <Choice extends string>(name: string, choices: readonly Choice[]) => {
      const value = text(name);
      const chosen = choices.find((choice) => choice === value);
      return value === undefined || chosen !== undefined
        ? chosen
        : refuse(name, `It must be one of ${choices.join(", ")}.`);
    },
    domain: (name: string) => {
      const value = text(name)?.toLowerCase();
      return value === undefined || domain.test(value)
        ? value
        : refuse(name, "It must be a host name, such as example.com.");
    },
    domains: (name: string) => {
      const values = text(name)
        ?.toLowerCase()
        .split(/\s*,\s*/);
      return values === undefined || values.every((value) => domain.test(value))
        ? values
        : refuse(name, "It must be host names with commas between them.");
    },
    exceptions: (name: string) => {
      const values = text(name)
        ?.toLowerCase()
        .split(/\s*,\s*/);
      const wrong = values?.flatMap((value) => exceptionFault(value) ?? []) ?? [];
      return wrong.length === 0 ? values : refuse(name, wrong.join(" "));
    },
    nameServers: (name: string) => {
      const values = text(name)?.split(/\s*,\s*/);
      const wrong = values?.flatMap((value) => nameServerFault(value) ?? []) ?? [];
      return wrong.length === 0 ? values : refuse(name, wrong.join(" "));
    },
    uri: (name: string) => {
      const value = text(name);
      return value === undefined || URL.canParse(value)
        ? value
        : refuse(name, "It must be a URI, such as https://hestia.example.com.");
    },
    tenantUrl: (name: string) => {
      const value = text(name);
      const isOne = (url: string) =>
        url.includes("{slug}") &&
        /^https?:\/\//.test(url) &&
        URL.canParse(url.replaceAll("{slug}", "slug"));
      return value === undefined || isOne(value)
        ? value
        : refuse(name, "It must be like https://{slug}.example.com/, with {slug} in it.");
    },
    proxies: (name: string) => {
      const value = text(name);
      if (value === "true" || value === "false") return value === "true";
      return value === undefined || /^[\w.:/, ]+$/.test(value)
        ? value
        : refuse(name, "It must be true, false or a list of addresses.");
    },
    jsonFile: (name: string) => {
      const path = text(name);
      if (path === undefined) return undefined;
      try {
        const value: unknown = JSON.parse(readFileSync(path, "utf8"));
        if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
        return refuse(name, `${path} must hold a JSON object.`);
      } catch (error) {
        return refuse(name, `${path} cannot be read as JSON: ${(error as Error).message}.`);
      }
    },
  };
}
