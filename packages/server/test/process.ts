// A server as a process of its own, for tests that kill it. It is started as people start it: the program and an
// environment, nothing more.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createClient } from "@hestia/api";
import type { Clone } from "../../../test/templates.ts";
import { type TestServer, testKey } from "./world.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A server process that serves. */
export type ServerProcess = Omit<TestServer, "server"> & {
  readonly child: ChildProcess;
  /** Ends it as a crash does, and returns when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
};

/** Starts the program on a platform and waits until it serves. */
export async function startProcess(
  clone: Pick<Clone, "databaseUrl" | "secretKey">,
  environment: Record<string, string> = {},
): Promise<ServerProcess> {
  const child = fork(program, {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: clone.databaseUrl,
      HESTIA_SECRET_KEY: clone.secretKey,
      HESTIA_OPERATOR_KEY: testKey,
      HESTIA_PORT: "0",
      HESTIA_LOG_LEVEL: "warn",
      ...environment,
    },
  });
  const said: string[] = [];
  child.stderr?.on("data", (text) => {
    said.push(String(text));
    if (process.env.HESTIA_TEST_LOG) process.stderr.write(text);
  });
  const exited = once(child, "exit").then(() => {
    throw new Error(`the server ended: ${said.join("")}`);
  });
  let isEnding = false;
  // Whichever test finds it gone, what it said last is told.
  exited.catch((error: Error) => {
    if (!isEnding) process.stderr.write(`${error.message}\n`);
  });
  const [{ url }] = (await Promise.race([once(child, "message"), exited])) as [{ url: string }];
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    isEnding = true;
    child.kill(signal);
    await exited.catch(() => {});
  };
  return { child, url, kill, client: createClient({ baseUrl: url, key: testKey }) };
}
