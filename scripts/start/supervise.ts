// One run from start to end. Whatever is started puts how to stop it on a stack before anything else is awaited, so
// that the end, whenever it is asked for, finds all of it and takes it down in the opposite order.

import { type ChildSpec, type Keeper, type KeptChild, keepChild } from "./child.ts";
import type { StartConfig } from "./config.ts";
import { readOperatorKey, readSecretKey, writeApplicationEnvironment } from "./data-folder.ts";
import { openDatabase } from "./database.ts";
import { exampleEnvironment, serverEnvironment } from "./environment.ts";
import type { Instance } from "./instance.ts";
import { waitForPort } from "./port.ts";
import { type ExampleTenant, isExampleReady, isServerReady, type ServerReady } from "./protocol.ts";
import type { Screen } from "./screen.ts";
import { addressLines, operatorKeyLines } from "./summary.ts";

/** A run. The commands are what Node is given to run the two children. */
export type Run = {
  config: StartConfig;
  commands: { server: string[]; example: string[] };
  /** What the server serves and is made here: the console. */
  prepare: (onProgress: (text: string) => void) => Promise<unknown>;
  screen: Screen;
  instance: Instance;
  /** Asks for the end, in order. */
  stop: AbortSignal;
  /** Asks for the end at once. */
  hurry: AbortSignal;
};

type Running = Keeper & Run & { ending: AbortSignal; stops: (() => Promise<void>)[] };

const portBoundMs = 15_000;

/** Runs until it is asked to stop (resolves to 0) or something cannot be kept running (1). */
export async function supervise(run: Run): Promise<number> {
  const failed = new AbortController();
  const ending = AbortSignal.any([run.stop, failed.signal]);
  const running: Running = { ...run, ending, stops: [], onFatal: (error) => failed.abort(error) };
  const ended = whenAborted(ending);
  const up = bringUp(running).catch((error) => failed.abort(error));
  await ended;
  const { reason } = failed.signal;
  if (reason) run.screen.say(sentence(reason));
  run.screen.progress("stopping");
  for (let stop = running.stops.pop(); stop; stop = running.stops.pop()) await stop();
  await up;
  run.screen.say("Stopped.");
  return reason ? 1 : 0;
}

async function bringUp(running: Running): Promise<void> {
  const { config, screen, instance, ending } = running;
  await instance.endLeftovers(screen.progress);
  await waitForPorts(running);
  const prepared = prepare(running);
  const databaseUrl = await bringUpDatabase(running);
  await prepared;
  const secretKey = readSecretKey(config.data, process.env.HESTIA_SECRET_KEY);
  const server = await bringUpServer(running, databaseUrl, secretKey);
  const { directoryUrl } = server;
  const application = writeApplicationEnvironment(config.data, { directoryUrl, secretKey });
  const tenants = await bringUpExample(running, server, secretKey);
  ending.throwIfAborted();
  const addresses = addressLines(config, server, { application, tenants });
  instance.noteAddresses(addresses, server.url);
  const lines = ["Hestia is running.", "", ...addresses, ...operatorKeyLines(config, server)];
  screen.say([...lines, "", "Ctrl-C stops it."].join("\n"));
}

/** Everything else runs without it, so its failure ends nothing. */
async function prepare({ prepare: make, screen }: Running): Promise<void> {
  try {
    await make(screen.progress);
  } catch (error) {
    screen.say(`The console could not be built: ${sentence(error)}`);
  }
}

async function waitForPorts({ config, screen, ending }: Running): Promise<void> {
  const options = { boundMs: portBoundMs, onWait: screen.progress, signal: ending };
  await waitForPort(config.port, { name: "HESTIA_PORT", ...options });
  if (config.examplePort === undefined) return;
  ending.throwIfAborted();
  await waitForPort(config.examplePort, { name: "HESTIA_EXAMPLE_PORT", ...options });
}

async function bringUpDatabase(running: Running): Promise<string> {
  running.ending.throwIfAborted();
  const opening = openDatabase(running.config, running);
  running.stops.push(async () => (await opening.catch(() => undefined))?.stop());
  return (await opening).url;
}

function bringUpServer(running: Running, databaseUrl: string, secretKey: string) {
  running.screen.progress("starting the control plane");
  return bringUpChild(running, {
    name: "the control plane",
    command: running.commands.server,
    environment: serverEnvironment(running.config, databaseUrl, secretKey),
    isReady: isServerReady,
    endsForGood: true,
  });
}

async function bringUpExample(
  running: Running,
  server: ServerReady,
  secretKey: string,
): Promise<ExampleTenant[]> {
  const { config, screen } = running;
  if (config.examplePort === undefined) return [];
  const kept = config.databaseUrl === undefined ? readOperatorKey(config.data) : undefined;
  const operatorKey = process.env.HESTIA_OPERATOR_KEY || server.operatorKey || kept;
  if (!operatorKey) {
    screen.say("The example is not started: it needs the operator key; set HESTIA_OPERATOR_KEY.");
    return [];
  }
  screen.progress("starting the example");
  const ready = await bringUpChild(running, {
    name: "the example",
    command: running.commands.example,
    environment: exampleEnvironment(config, server, secretKey, operatorKey),
    isReady: isExampleReady,
    // it may have lost the control plane while that was started again
    endsForGood: false,
  });
  return ready.tenants;
}

async function bringUpChild<Ready>(running: Running, spec: ChildSpec<Ready>): Promise<Ready> {
  running.ending.throwIfAborted();
  const child: KeptChild<Ready> = keepChild(spec, running);
  running.stops.push(child.stop);
  const ready = await Promise.race([child.ready, whenAborted(running.ending)]);
  running.ending.throwIfAborted();
  return ready as Ready;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
