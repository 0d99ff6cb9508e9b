// What the children get in their environment, on top of the supervisor's own.
import { join } from "node:path";
import type { StartConfig } from "./config.ts";
import type { ServerReady } from "./protocol.ts";

/** The control plane: the administrator's connection and all that it is configured by. */
export function serverEnvironment(
  config: StartConfig,
  databaseUrl: string,
  secretKey: string,
): NodeJS.ProcessEnv {
  return {
    ...common(config),
    DATABASE_URL: databaseUrl,
    HESTIA_SECRET_KEY: secretKey,
    HESTIA_DATA: config.data,
    HESTIA_PORT: String(config.port),
    // "on": the data folder is the platform's own, so the first operator key is kept in it
    HESTIA_EMBEDDED: config.databaseUrl === undefined ? "on" : "off",
  };
}

/** The example: the connection of an application that uses Hestia, never the administrator's. */
export function exampleEnvironment(
  config: StartConfig,
  ready: ServerReady,
  secretKey: string,
  operatorKey: string,
): NodeJS.ProcessEnv {
  return {
    ...common(config),
    DATABASE_URL: ready.directoryUrl,
    HESTIA_SECRET_KEY: secretKey,
    HESTIA_URL: ready.url,
    HESTIA_OPERATOR_KEY: operatorKey,
    HESTIA_EXAMPLE_PORT: String(config.examplePort),
  };
}

/** Node's compile cache cuts most of the time that stripping the types of some hundred files takes. */
function common(config: StartConfig): NodeJS.ProcessEnv {
  const cache = process.env.NODE_COMPILE_CACHE ?? join(config.data, "compile-cache");
  return { ...process.env, NODE_COMPILE_CACHE: cache };
}
