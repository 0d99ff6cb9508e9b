// A child process that is kept running: started again when it dies, with growing pauses, until it dies too often; and
// ended on request within a bound. It runs in a session of its own, so that Ctrl-C reaches the supervisor alone, which
// ends its children in the right order; it ends itself when the supervisor is gone.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Instance } from "./instance.ts";
import { isProgress } from "./protocol.ts";
import { makeRestarts } from "./restarts.ts";
import type { Screen } from "./screen.ts";

/** What to run and how to tell that it is ready. */
export type ChildSpec<Ready> = {
  /** As in a sentence: "the control plane". */
  name: string;
  /** The file that Node runs, and its arguments. */
  command: string[];
  environment: NodeJS.ProcessEnv;
  isReady: (message: unknown) => message is Ready;
  /** It says itself why it cannot start, and trying again would only make it say so again. */
  endsForGood: boolean;
};

/** What a child needs of its supervisor. */
export type Keeper = {
  screen: Screen;
  instance: Instance;
  /** Two requests to end: in order, and at once. */
  hurry: AbortSignal;
  /** Told when a child cannot be kept running. */
  onFatal: (error: Error) => void;
};

/** A child that is kept running until it is stopped. */
export type KeptChild<Ready> = { ready: Promise<Ready>; stop(): Promise<void> };

// longer than the bound that the children set themselves
const stopBoundMs = 20_000;

/** Starts the child and keeps it running. */
export function keepChild<Ready>(spec: ChildSpec<Ready>, keeper: Keeper): KeptChild<Ready> {
  const stopping = new AbortController();
  const ready = Promise.withResolvers<Ready>();
  const state = { wasReady: false };
  let current: ChildProcess | undefined;
  const launch = () => {
    current = start(spec, keeper);
    current.on("message", (message) => {
      if (isProgress(message)) keeper.screen.progress(message.text);
      if (!spec.isReady(message)) return;
      if (state.wasReady) keeper.screen.say(`${capital(spec.name)} is back.`);
      state.wasReady = true;
      ready.resolve(message);
    });
    return current;
  };
  const done = keepRunning(spec, keeper, launch, state, stopping.signal);
  const stop = async () => {
    stopping.abort();
    if (current) await end(current, keeper.hurry);
    await done;
  };
  return { ready: ready.promise, stop };
}

function start<Ready>(spec: ChildSpec<Ready>, { instance }: Keeper): ChildProcess {
  const child = spawn(process.execPath, spec.command, {
    env: spec.environment,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: true,
  });
  // a message to a child that has just died
  child.on("error", () => {});
  instance.noteProcess(spec.name, child.pid);
  return child;
}

async function keepRunning<Ready>(
  spec: ChildSpec<Ready>,
  { screen, instance, onFatal }: Keeper,
  launch: () => ChildProcess,
  state: { wasReady: boolean },
  stopping: AbortSignal,
): Promise<void> {
  const pauseBeforeNext = makeRestarts();
  while (!stopping.aborted) {
    const how = await whenEnded(launch());
    instance.noteProcess(spec.name, undefined);
    if (stopping.aborted) return;
    if (spec.endsForGood && !state.wasReady && how.startsWith("code")) {
      return onFatal(new Error(`${capital(spec.name)} did not start; what it says is above.`));
    }
    const pauseMs = pauseBeforeNext();
    if (pauseMs === undefined) {
      return onFatal(new Error(`${capital(spec.name)} ended too often within a minute (${how}).`));
    }
    screen.say(`${capital(spec.name)} ended unexpectedly (${how}) and is started again.`);
    await delay(pauseMs, undefined, { signal: stopping }).catch(() => {});
  }
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    child.once("error", (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
}

async function end(child: ChildProcess, hurry: AbortSignal): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = whenEnded(child);
  child.kill("SIGTERM");
  const bound = AbortSignal.any([hurry, AbortSignal.timeout(stopBoundMs)]);
  const kill = () => child.kill("SIGKILL");
  if (bound.aborted) kill();
  bound.addEventListener("abort", kill);
  await gone;
  bound.removeEventListener("abort", kill);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
