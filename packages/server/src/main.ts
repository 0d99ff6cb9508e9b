// The program: reads the environment, starts the server, and stops it when told to. It is the only reader of
// process.env. A parent process that forked it is told when it serves; a person reads it on the standard output.
import { isHestiaError } from "@hestia/core";
import { type Ready, type Server, startServer } from "./app.ts";
import { type Config, parseConfig } from "./config.ts";
import { openLog } from "./log.ts";

const stopWithinMs = 15_000;

try {
  const config = parseConfig(process.env);
  const server = await startServer({ config, log: await openLog(config) });
  stopOnSignals(server);
  tell(server, config, await server.ready);
} catch (error) {
  process.stderr.write(`${isHestiaError(error) ? error.message : (error as Error).stack}\n`);
  process.exit(1);
}

function tell(
  { url }: Server,
  { operatorKey: given }: Config,
  { firstRun, operatorKey, directoryUrl }: Ready,
): void {
  if (process.send !== undefined) {
    process.send({ kind: "ready", url, operatorKey, firstRun, directoryUrl });
    return;
  }
  const lines = [
    `Hestia serves at ${url}`,
    `  Console        ${url}/console/`,
    `  API reference  ${url}/docs`,
    ...(operatorKey === undefined ? [] : [`  operator key   ${operatorKey}  (shown this once)`]),
    ...(firstRun && given !== undefined ? ["  operator key   the one of HESTIA_OPERATOR_KEY"] : []),
    "  stop with Ctrl-C",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function stopOnSignals(server: Server): void {
  const stop = () => {
    // Whatever hangs, the process ends; what it was doing is taken up by the next.
    setTimeout(() => process.exit(1), stopWithinMs).unref();
    void server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  if (process.send !== undefined) process.once("disconnect", stop);
}
