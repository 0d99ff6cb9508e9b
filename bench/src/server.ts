// The control plane as a process of its own, as people start it.

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { secretKey } from "./world.ts";

/** The key that it lets in. */
export const operatorKey = "an-operator-key-that-only-this-bench-knows";

const serverFile = fileURLToPath(new URL("../../packages/server/src/main.ts", import.meta.url));

/** Starts it on a platform database; `url` is there once it serves. */
export function startServer(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): { url: Promise<string>; stop(): Promise<void> } {
  const child: ChildProcess = spawn(process.execPath, [serverFile], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      HESTIA_SECRET_KEY: secretKey,
      HESTIA_OPERATOR_KEY: operatorKey,
      HESTIA_PORT: "0",
      HESTIA_LOG_LEVEL: "error",
      ...environment,
    },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = new Promise<string>((resolve, reject) => {
    child.on(
      "message",
      (message: { kind: string; url: string }) => message.kind === "ready" && resolve(message.url),
    );
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
