// From the command line to a run: configuration, the data folder, one supervisor per folder, signals.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildConsole } from "../../packages/console/build/build.ts";
import { parseStartConfig, type StartConfig } from "./config.ts";
import { openDataFolder } from "./data-folder.ts";
import { claimInstance } from "./instance.ts";
import { makeScreen, type Screen } from "./screen.ts";
import { type Run, supervise } from "./supervise.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const ownCommands = {
  server: ["packages/server/src/main.ts"],
  example: ["examples/strikes/src/main.ts"],
};

/** Runs Hestia until a signal ends it; resolves to the exit code. Tests put their own children in. */
export async function main(
  commands: Run["commands"] = ownCommands,
  prepare: Run["prepare"] = (onProgress) => buildConsole({ onProgress }),
): Promise<number> {
  const screen = makeScreen(process.stdout);
  // whoever read our output has gone; we go on
  process.stdout.on("error", () => {});
  try {
    process.chdir(root);
    const config = parseStartConfig(root, process.env);
    openDataFolder(config.data);
    return await runAlone(config, { commands, prepare }, screen);
  } catch (error) {
    screen.say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function runAlone(
  config: StartConfig,
  parts: Pick<Run, "commands" | "prepare">,
  screen: Screen,
): Promise<number> {
  const instance = claimInstance(config.data);
  if ("pid" in instance) {
    const { pid, addresses } = instance;
    const state = addresses.length > 0 ? "running" : "starting";
    screen.say([`Hestia is already ${state} here (process ${pid}).`, "", ...addresses].join("\n"));
    screen.say(`\nCtrl-C where it runs stops it, or: kill ${pid}`);
    // not 0: what this command was to start, and its caller may want to stop, is somebody else's
    return 1;
  }
  try {
    return await supervise({ config, ...parts, screen, instance, ...listenForSignals(screen) });
  } finally {
    instance.release();
  }
}

/** One may be sent twice by one Ctrl-C, by the terminal and by npm: so only a later one means hurry. */
function listenForSignals(screen: Screen): Pick<Run, "stop" | "hurry"> {
  const [stop, hurry] = [new AbortController(), new AbortController()];
  let firstAt: number | undefined;
  const onSignal = () => {
    firstAt ??= Date.now();
    if (Date.now() - firstAt > 300) hurry.abort();
    else if (!stop.signal.aborted) {
      stop.abort();
      screen.say("Stopping; once more to hurry.");
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return { stop: stop.signal, hurry: hurry.signal };
}
