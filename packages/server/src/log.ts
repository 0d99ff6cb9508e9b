// The log: one JSON object a line, or lines for people. Keys and passwords never reach it.
import pino, { type Logger } from "pino";
import type { Config } from "./config.ts";

const secretPaths = [
  "authorization",
  "operatorKey",
  "secretKey",
  "password",
  "credentials",
  "connectionString",
];

/** Opens the log on the standard error output, so that the standard output stays free for people. */
export async function openLog({
  logLevel,
  logFormat,
}: Pick<Config, "logLevel" | "logFormat">): Promise<Logger> {
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: [
      ...secretPaths.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]),
      // PostgreSQL quotes whole rows there.
      "err.detail",
      "err.where",
    ],
  };
  if (logFormat === "json") return pino(options, pino.destination({ fd: 2, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  return pino(
    options,
    pretty({ destination: 2, sync: true, ignore: "requestId,actor", singleLine: true }),
  );
}
