// What a person reads once everything runs: where things are and how to stop them.
import { relative } from "node:path";
import type { StartConfig } from "./config.ts";
import type { ExampleTenant, ServerReady } from "./protocol.ts";

/** The lines that stay true as long as it runs; a second `npm start` prints them too. */
export function addressLines(
  config: StartConfig,
  server: ServerReady,
  { application, tenants }: { application: string; tenants: ExampleTenant[] },
): string[] {
  const url = server.url.replace(/\/$/, "");
  const near = (path: string) => {
    const short = relative(config.root, path);
    return short.startsWith("..") ? path : short;
  };
  const database =
    config.databaseUrl === undefined
      ? `embedded PostgreSQL, its data in ${near(config.data)}`
      : "the one of DATABASE_URL";
  const width = Math.max(...tenants.map(({ name }) => name.length), 0);
  return [
    `  Console    ${url}/console/`,
    `  API        ${url}`,
    `  Reference  ${url}/docs`,
    `  Database   ${database}`,
    `  Yours      node --env-file=${near(application)} …, for an application of your own`,
    ...(tenants.length > 0 ? ["", "  The example, an application for airlines:"] : []),
    ...tenants.map(
      (each) => `    ${each.name.padEnd(width)}  ${each.isolation.padEnd(8)}  ${each.url}`,
    ),
  ];
}

/** The operator's key, shown on the first run and never again. */
export function operatorKeyLines(config: StartConfig, server: ServerReady): string[] {
  if (server.operatorKey === undefined) return [];
  const kept = config.databaseUrl === undefined ? "; it is kept in the data folder" : "";
  return ["", `  Operator key (shown this once${kept}):`, `    ${server.operatorKey}`];
}
