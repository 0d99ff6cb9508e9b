// A stand-in for the control plane or the example: speaks the supervisor's protocol, listens on its port and writes
// down what happens to it. What it is to do wrong comes in STUB_SERVER or STUB_EXAMPLE.
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [role = ""] = process.argv.slice(2);
const { env } = process;
const fault = env[`STUB_${role.toUpperCase()}`];
const port = Number(role === "server" ? env.HESTIA_PORT : env.HESTIA_EXAMPLE_PORT);
const folder = env.STUB_FOLDER ?? "";
const note = (text: string) => appendFileSync(join(folder, "notes"), `${role} ${text}\n`);

function readyAsServer() {
  const keyFile = join(folder, "data", "operator-key");
  const firstRun = !existsSync(keyFile);
  if (firstRun) writeFileSync(keyFile, "operator-key-1", { mode: 0o600 });
  const key = firstRun ? { operatorKey: "operator-key-1" } : {};
  const url = `http://localhost:${port}`;
  return {
    kind: "ready",
    url,
    firstRun,
    directoryUrl: "postgres://application@there/hestia",
    ...key,
  };
}

function readyAsExample() {
  process.send?.({ kind: "progress", text: "loading 1 of 2" });
  const url = `http://delta.localhost:${port}/`;
  return { kind: "ready", tenants: [{ slug: "delta", name: "Delta", isolation: "schema", url }] };
}

if (fault === "fail") {
  process.stderr.write("the stand-in cannot start\n");
  process.exit(1);
}
if (fault !== "stay") process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  note("SIGTERM");
  if (fault !== "hang") process.exit(0);
});
writeFileSync(join(folder, `${role}.json`), JSON.stringify({ pid: process.pid, env }));
note("starts");
createServer((_request, response) => response.end(role)).listen(port, "127.0.0.1", () => {
  if (fault !== "slow") process.send?.(role === "server" ? readyAsServer() : readyAsExample());
});
