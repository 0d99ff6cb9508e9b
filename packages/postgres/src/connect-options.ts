// What connect may be told, and what holds where it is told nothing.

import { collectFaults, HestiaError } from "@hestia/core";
import type { BrokerLimits } from "./broker/lane.ts";
import type { ClusterAddress, WeightOf } from "./databases.ts";
import type { ResultLimits } from "./scoped/received-result.ts";

/** How to connect. */
export type ConnectOptions = {
  /**
   * The platform database, as the directory: postgres://<prefix>_directory:…@host:5432/hestia
   * Default: the environment's DATABASE_URL.
   */
  readonly databaseUrl?: string;
  /** Where LISTEN goes when a pooler stands in front of `databaseUrl`. Default: `databaseUrl`. */
  readonly directUrl?: string;
  /** What the stored logins are sealed with. Default: the environment's HESTIA_SECRET_KEY. */
  readonly secretKey?: string;
  /** Connections to each cluster, at most, all its databases together. Default 16. */
  readonly connectionsMax?: number;
  /**
   * Connections of one tenant, at most. Default: all but one while no other tenant is there (all, of fewer than 4), else seven
   * eighths.
   */
  readonly tenantConnectionsMax?: number;
  /**
   * A tenant's part of the connections while others wait, too: one with 2 is given twice what one with 1 is. Asked for
   * every statement, so that a plan that changes counts at once; what is no number above 0 is a RangeError. Default 1 for each.
   *
   * @example weightOf: ({ id }) => (enterprise.has(id) ? 4 : 1)
   */
  readonly weightOf?: WeightOf;
  /** Requests of one tenant that may wait for a connection; more are refused with `tenant_busy`. Default 1,000. */
  readonly waitingMax?: number;
  /** How long one waits, in milliseconds, before it fails with `database_busy`. Default 10,000. */
  readonly waitMs?: number;
  /**
   * Statements of `query` in flight on one connection at once, at most, whosever they are; more than 1 while all
   * connections are busy. Direct connections alone. Default 1.
   */
  readonly pipelineMax?: number;
  /**
   * Bytes of one result, at most: on the wire, and what is made of them, as estimated before. A larger one fails with
   * `result_too_large`. Default 64 MiB.
   */
  readonly resultBytesMax?: number;
  /** Bytes of all results that are being received at once; the largest fails then. Default 256 MiB. */
  readonly resultsBytesMax?: number;
  /** Other addresses for clusters, such as poolers. */
  readonly clusters?: Readonly<Record<string, ClusterAddress>>;
};

type Limits = BrokerLimits & ResultLimits;

const mebibyte = 1024 * 1024;

const defaults: Limits = {
  connectionsMax: 16,
  tenantConnectionsMax: Number.POSITIVE_INFINITY,
  waitingMax: 1_000,
  waitMs: 10_000,
  pipelineMax: 1,
  resultBytesMax: 64 * mebibyte,
  resultsBytesMax: 256 * mebibyte,
};

const others = ["databaseUrl", "directUrl", "secretKey", "weightOf", "clusters"];

/** Returns the limits that hold, or throws `invalid_input`: an option that is misspelt would else have no effect, silently. */
export function limitsOf(options: ConnectOptions): BrokerLimits & ResultLimits {
  const faults = collectFaults();
  const limits: Limits = { ...defaults };
  for (const [name, given] of Object.entries(options)) {
    if (name in defaults && given !== undefined) {
      if (isCount(given)) Object.assign(limits, { [name]: given });
      else faults.add(`/${name}`, "invalid", `${name} is a whole number of 1 or more.`);
    } else if (!(name in defaults) && !others.includes(name))
      faults.add(`/${name}`, "unknown", `${name} is no option.`);
  }
  if (options.weightOf !== undefined && typeof options.weightOf !== "function")
    faults.add("/weightOf", "invalid", "weightOf is a function that gives a number for a tenant.");
  const told = faults.faults.map(({ message }) => message);
  if (told.length > 0)
    throw new HestiaError(
      "invalid_input",
      { count: told.length },
      { faults: faults.faults, message: `The options of connect have faults: ${told.join(" ")}` },
    );
  return limits;
}

const isCount = (given: unknown) =>
  typeof given === "number" &&
  given >= 1 &&
  (Number.isInteger(given) || given === Number.POSITIVE_INFINITY);
