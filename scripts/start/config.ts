// The configuration of `npm start`, parsed once; every fault of it is reported at once.
import { resolve } from "node:path";
import { isHestiaError } from "@hestia/core";
import { parseConfig } from "@hestia/server/config";

/** What `npm start` is to run, and where. */
export type StartConfig = {
  /** The root of the clone. */
  root: string;
  /** HESTIA_DATA: the folder of everything that outlives a run. */
  data: string;
  /** DATABASE_URL; undefined means the embedded server. */
  databaseUrl?: string;
  /** HESTIA_PORT. */
  port: number;
  /** HESTIA_EXAMPLE_PORT; undefined where HESTIA_EXAMPLE is off. */
  examplePort?: number;
};

type Environment = Record<string, string | undefined>;

/** Parses the environment; throws one Error with a line per fault. */
export function parseStartConfig(root: string, env: Environment): StartConfig {
  const faults: string[] = [];
  const port = parsePort(env, "HESTIA_PORT", 4378, faults);
  const examplePort = parsePort(env, "HESTIA_EXAMPLE_PORT", 4379, faults);
  const example = parseSwitch(env, "HESTIA_EXAMPLE", faults);
  if (example && port === examplePort) {
    faults.push("HESTIA_PORT and HESTIA_EXAMPLE_PORT are the same; give them different ports.");
  }
  const databaseUrl = env.DATABASE_URL || undefined;
  faults.push(...serverFaults(env));
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return {
    root,
    data: resolve(root, env.HESTIA_DATA || ".hestia"),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    port,
    ...(example ? { examplePort } : {}),
  };
}

/** What the server would end for, so that it is told before anything starts. What we give it is left out. */
function serverFaults(env: Environment): string[] {
  const given = {
    DATABASE_URL: env.DATABASE_URL || "postgres://embedded",
    HESTIA_SECRET_KEY: env.HESTIA_SECRET_KEY || "made-and-kept-in-the-data-folder",
    HESTIA_PORT: undefined,
  };
  try {
    parseConfig({ ...env, ...given });
    return [];
  } catch (error) {
    if (!isHestiaError(error)) throw error;
    return (error.faults ?? []).map(({ pointer, message }) => `${pointer}: ${message}`);
  }
}

function parsePort(env: Environment, name: string, preset: number, faults: string[]): number {
  const text = env[name] || String(preset);
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    faults.push(`${name} is ${text}; give a port from 1 to 65535.`);
  }
  return port;
}

function parseSwitch(env: Environment, name: string, faults: string[]): boolean {
  const text = (env[name] || "on").toLowerCase();
  if (["on", "true", "1", "yes"].includes(text)) return true;
  if (!["off", "false", "0", "no"].includes(text))
    faults.push(`${name} is ${text}; give on or off.`);
  return false;
}
