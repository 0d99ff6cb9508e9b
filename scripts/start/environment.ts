// What the children get in their environment, on top of the supervisor's own.
import { join } from "node:path";
import type { StartConfig } from "./config.ts";
import type { ServerReady } from "./protocol.ts";

/**
 * The control plane: the administrator's connection and all that it is configured by. HESTIA_DATA says that the folder
 * belongs to the same database, so that the operator key of the first run may be kept in it.
 */
export function serverEnvironment(
  config: StartConfig,
  databaseUrl: string,
  secretKey: string,
): NodeJS.ProcessEnv {
  return {
    ...common(config),
    DATABASE_URL: databaseUrl,
    HESTIA_SECRET_KEY: secretKey,
    HESTIA_DATA: config.databaseUrl === undefined ? config.data : undefined,
    // Receivers under development listen on this machine; beside a database of somebody's own nothing is assumed.
    ...(config.databaseUrl === undefined && process.env.HESTIA_WEBHOOK_ALLOW === undefined
      ? { HESTIA_WEBHOOK_ALLOW: "127.0.0.0/8,::1" }
      : {}),
    // The example listens beside the server, on a port of its own; where somebody's own application does is theirs to say.
    ...(config.examplePort !== undefined && process.env.HESTIA_TENANT_URL === undefined
      ? { HESTIA_TENANT_URL: `http://{slug}.localhost:${config.examplePort}/` }
      : {}),
    HESTIA_PORT: String(config.port),
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

function common(config: StartConfig): NodeJS.ProcessEnv {
  return {
    // for a person at a terminal, who is told by us what happens
    HESTIA_LOG_FORMAT: "pretty",
    HESTIA_LOG_LEVEL: "warn",
    // most of the time of a start goes into stripping the types of some hundred files
    NODE_COMPILE_CACHE: join(config.data, "compile-cache"),
    ...process.env,
  };
}
