// An application as a process of its own on the scratch copy. It ends with the check, and all that it started with it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How an application is started. */
export type StartOptions = {
  /** A command line of the shell. */
  readonly command: string;
  /** Where it answers then. */
  readonly baseUrl: string;
  /** What it finds in its environment, beside DATABASE_URL, HESTIA_SECRET_KEY and PORT. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const startBoundMs = 60_000;

/** Starts the application and waits until it answers. */
export async function startApplication(
  { command, baseUrl, environment }: StartOptions,
  copy: { readonly databaseUrl: string; readonly secretKey: string },
): Promise<{ readonly baseUrl: string; end(): Promise<void> }> {
  if (await answers(baseUrl))
    throw new Error(`Something answers at ${baseUrl} already; end it, or name another address.`);
  const child = spawn(command, {
    shell: true,
    // A group of its own, so that what the shell started ends with it.
    detached: true,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...environment,
      DATABASE_URL: copy.databaseUrl,
      HESTIA_SECRET_KEY: copy.secretKey,
      PORT: new URL(baseUrl).port,
    },
  });
  const exited = once(child, "exit");
  const end = async () => {
    endGroup(child);
    await exited;
  };
  const bound = AbortSignal.timeout(startBoundMs);
  while (!(await answers(baseUrl))) {
    const isGone = child.exitCode !== null || child.signalCode !== null;
    if (isGone || bound.aborted) {
      if (!isGone) await end();
      throw new Error(
        `The application did not answer at ${baseUrl}; see that the command starts it.`,
      );
    }
    await delay(100);
  }
  return { baseUrl, end };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

/** Whatever the answer is. */
function answers(baseUrl: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(baseUrl, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(true);
    });
    sent.on("error", () => resolve(false)).on("timeout", () => sent.destroy());
    sent.end();
  });
}
