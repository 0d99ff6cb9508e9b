// The example's configuration: read once from an environment, every fault reported at once.
import { collectFaults, HestiaError } from "@hestia/core";

/** How the example is to run. */
export type Config = {
  /** The platform database, as the directory: the URL that an application is given. */
  readonly databaseUrl: string;
  /** What the stored logins are sealed with. */
  readonly secretKey: string;
  /** The control plane, for making the airlines. */
  readonly hestiaUrl: string;
  readonly operatorKey: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The domain below which the airlines' hosts are. */
  readonly baseDomain: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

const portMax = 65_535;

/** Returns the configuration that the environment gives, or throws `configuration_invalid` with every fault. */
export function parseConfig(env: Environment): Config {
  const faults = collectFaults();
  const required = (name: string) => {
    if (!env[name]) faults.add(name, "required", `${name} must be set.`);
    return env[name] ?? "";
  };
  const port = env.HESTIA_EXAMPLE_PORT || "4379";
  if (!/^\d+$/.test(port) || Number(port) > portMax)
    faults.add("HESTIA_EXAMPLE_PORT", "malformed", `HESTIA_EXAMPLE_PORT is no port: ${port}.`);
  const config = {
    databaseUrl: required("DATABASE_URL"),
    secretKey: required("HESTIA_SECRET_KEY"),
    hestiaUrl: env.HESTIA_URL || "http://127.0.0.1:4378",
    operatorKey: required("HESTIA_OPERATOR_KEY"),
    host: env.HESTIA_EXAMPLE_HOST || "127.0.0.1",
    port: Number(port),
    baseDomain: env.HESTIA_BASE_DOMAIN || "localhost",
  };
  if (faults.faults.length === 0) return config;
  const message = faults.faults.map((fault) => fault.message).join(" ");
  throw new HestiaError("configuration_invalid", {}, { faults: faults.faults, message });
}
