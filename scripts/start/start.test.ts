// `npm start` as a person meets it, with stand-ins for the two children and a real PostgreSQL.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { processBirth, removeEmbedded } from "@hestia/postgres/embedded";
import { afterEach, beforeEach, expect, inject, test } from "vitest";

type Run = { process: ChildProcess; said: () => string; ended: Promise<number | null> };

const fixture = fileURLToPath(new URL("./run.fixture.ts", import.meta.url));
const runs: Run[] = [];
let folder: string;
let ports: { HESTIA_PORT: string; HESTIA_EXAMPLE_PORT: string };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hestia-start-"));
  // PostgreSQL's account passes through it where root runs the tests
  chmodSync(folder, 0o755);
  const [port, examplePort] = await Promise.all([freePort(), freePort()]);
  ports = { HESTIA_PORT: String(port), HESTIA_EXAMPLE_PORT: String(examplePort) };
});

afterEach(async () => {
  for (const run of runs.splice(0)) run.process.kill("SIGKILL");
  for (const role of ["server", "example"]) {
    if (existsSync(join(folder, `${role}.json`))) kill(stub(role).pid);
  }
  await removeEmbedded(join(folder, "data", "postgres"));
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function begin(env: Record<string, string> = {}): Run {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const ours = { HESTIA_DATA: join(folder, "data"), STUB_FOLDER: folder, ...ports };
  const child = spawn(process.execPath, [fixture], { env: { ...inherited, ...ours, ...env } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      said += text;
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  const run = { process: child, said: () => said, ended };
  runs.push(run);
  return run;
}

async function until(run: Run, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`this did not come about; it said:\n${run.said()}`);
    await delay(20);
  }
}

async function running(env: Record<string, string> = {}): Promise<Run> {
  const run = begin(env);
  await until(run, () => run.said().includes("Hestia is running."));
  return run;
}

async function stop(run: Run): Promise<number | null> {
  run.process.kill("SIGTERM");
  return run.ended;
}

const stub = (role: string): { pid: number; env: Record<string, string> } =>
  JSON.parse(readFileSync(join(folder, `${role}.json`), "utf8"));
const notes = () => readFileSync(join(folder, "notes"), "utf8").trim().split("\n");
const postmaster = () =>
  Number.parseInt(readFileSync(join(folder, "data/postgres/data/postmaster.pid"), "utf8"), 10);
const lives = (pid: number) => processBirth(pid) !== undefined;
const answer = async (port: string) => (await fetch(`http://127.0.0.1:${port}/`)).text();

function kill(pid: number): void {
  if (lives(pid)) process.kill(pid, "SIGKILL");
}

test("brings everything up, says where it is, and takes it down in the opposite order", async () => {
  const run = await running();
  expect(run.said()).toContain(`API        http://localhost:${ports.HESTIA_PORT}`);
  expect(run.said()).toMatch(/Delta {2}schema {4}http:\/\/delta\.localhost:\d+\//);
  expect(run.said()).toMatch(/Operator key \(shown this once; .*\n +operator-key-1/);
  expect(await answer(ports.HESTIA_PORT)).toBe("server");
  const pids = [postmaster(), stub("server").pid, stub("example").pid];
  expect(pids.map(lives)).toEqual([true, true, true]);
  expect(await stop(run)).toBe(0);
  expect(pids.map(lives)).toEqual([false, false, false]);
  expect(notes().slice(-2)).toEqual(["example SIGTERM", "server SIGTERM"]);
  expect(existsSync(join(folder, "data/running.json"))).toBe(false);
});

test("gives the example an application's connection and the control plane the administrator's", async () => {
  await running();
  const [server, example] = [stub("server").env, stub("example").env];
  expect(server.DATABASE_URL).toMatch(/^postgres:\/\/postgres:.+@127\.0\.0\.1:\d+\/hestia$/);
  expect(server.HESTIA_DATA).toBe(join(folder, "data"));
  expect(server.HESTIA_TENANT_URL).toBe(`http://{slug}.localhost:${ports.HESTIA_EXAMPLE_PORT}/`);
  expect(example).toMatchObject({
    DATABASE_URL: "postgres://application@there/hestia",
    HESTIA_OPERATOR_KEY: "operator-key-1",
    HESTIA_SECRET_KEY: server.HESTIA_SECRET_KEY,
    HESTIA_URL: `http://localhost:${ports.HESTIA_PORT}`,
  });
});

test("shows the operator key and makes the secret key on the first run only", async () => {
  await stop(await running());
  const first = stub("server").env.HESTIA_SECRET_KEY ?? "";
  expect(Buffer.from(first, "base64url")).toHaveLength(32);
  expect(statSync(join(folder, "data/secret-key")).mode & 0o777).toBe(0o600);
  const second = await running();
  expect(second.said()).not.toContain("operator-key-1");
  expect(stub("server").env.HESTIA_SECRET_KEY).toBe(first);
  expect(stub("example").env.HESTIA_OPERATOR_KEY).toBe("operator-key-1");
});

test("a second start beside it says what runs already and leaves it alone", async () => {
  const first = await running();
  const second = begin();
  expect(await second.ended).toBe(1);
  expect(second.said()).toContain(`already running here (process ${first.process.pid})`);
  expect(second.said()).toContain(`http://localhost:${ports.HESTIA_PORT}`);
  expect(second.said()).not.toContain("operator-key-1");
  expect(await answer(ports.HESTIA_PORT)).toBe("server");
});

test("uses DATABASE_URL instead of a PostgreSQL of its own", async () => {
  const DATABASE_URL = inject("postgresUrl");
  const run = await running({ DATABASE_URL });
  expect(stub("server").env.DATABASE_URL).toBe(DATABASE_URL);
  expect(stub("server").env).not.toHaveProperty("HESTIA_DATA");
  expect(existsSync(join(folder, "data/postgres"))).toBe(false);
  expect(run.said()).toContain("Database   the one of DATABASE_URL");
});

test("runs without the example where that is switched off", async () => {
  const run = await running({ HESTIA_EXAMPLE: "off" });
  expect(existsSync(join(folder, "example.json"))).toBe(false);
  // Nothing is said of a port that nobody listens on; the server refuses such an address.
  expect(stub("server").env).not.toHaveProperty("HESTIA_TENANT_URL");
  expect(await stop(run)).toBe(0);
});

test.each(["server", "example"])("starts the %s again when it is killed", async (role) => {
  const run = await running();
  const { pid } = stub(role);
  process.kill(pid, "SIGKILL");
  await until(run, () => run.said().includes("is back."));
  expect(run.said()).toMatch(/ended unexpectedly \(SIGKILL\) and is started again\./);
  expect(stub(role).pid).not.toBe(pid);
  expect(await stop(run)).toBe(0);
});

test("starts PostgreSQL again, on the same port, when it is killed", async () => {
  const run = await running();
  const pid = postmaster();
  process.kill(pid, "SIGKILL");
  await until(run, () => run.said().includes("PostgreSQL is back."));
  const { port } = new URL(stub("server").env.DATABASE_URL ?? "");
  const lines = readFileSync(join(folder, "data/postgres/data/postmaster.pid"), "utf8").split("\n");
  expect(lines[3]).toBe(port);
  expect(await stop(run)).toBe(0);
});

test("recovers after the supervisor was killed: its children end and the next start takes over", async () => {
  const first = await running();
  const pids = [stub("server").pid, stub("example").pid];
  const database = postmaster();
  first.process.kill("SIGKILL");
  await until(first, () => !pids.some(lives));
  expect(lives(database)).toBe(true);
  const second = await running();
  expect(postmaster()).toBe(database);
  expect(await stop(second)).toBe(0);
  expect(lives(database)).toBe(false);
});

test("recovers after everything was killed", async () => {
  const first = await running();
  const pids = [first.process.pid ?? 0, stub("server").pid, stub("example").pid, postmaster()];
  for (const pid of pids) process.kill(pid, "SIGKILL");
  expect(await stop(await running())).toBe(0);
});

test("ends a child of a killed supervisor that does not end by itself", async () => {
  const first = await running({ STUB_SERVER: "stay" });
  const { pid } = stub("server");
  first.process.kill("SIGKILL");
  const second = await running();
  expect(second.said()).toContain(`waiting for the control plane of the last run (process ${pid})`);
  expect(lives(pid)).toBe(false);
});

test("a control plane that cannot start ends everything, after its own words", async () => {
  const run = begin({ STUB_SERVER: "fail" });
  expect(await run.ended).toBe(1);
  expect(run.said()).toMatch(
    /the stand-in cannot start\n.*The control plane did not start; what it says is above\./s,
  );
  expect(existsSync(join(folder, "data/postgres/data/postmaster.pid"))).toBe(false);
});

test("a child that dies over and over is given up, and everything ends", async () => {
  const run = begin({ STUB_EXAMPLE: "fail" });
  expect(await run.ended).toBe(1);
  expect(run.said()).toContain("The example ended too often within a minute (code 1).");
  expect(lives(stub("server").pid)).toBe(false);
});

test("a signal while it starts ends it, too", async () => {
  const run = begin({ STUB_SERVER: "slow" });
  await until(run, () => existsSync(join(folder, "server.json")));
  expect(await stop(run)).toBe(0);
  expect(lives(stub("server").pid)).toBe(false);
  expect(existsSync(join(folder, "data/postgres/data/postmaster.pid"))).toBe(false);
});

test("a second signal hurries a child that does not end", async () => {
  const run = await running({ STUB_EXAMPLE: "hang" });
  const since = Date.now();
  run.process.kill("SIGINT");
  await until(run, () => notes().includes("example SIGTERM"));
  await delay(400);
  run.process.kill("SIGINT");
  expect(await run.ended).toBe(0);
  expect(Date.now() - since).toBeLessThan(8_000);
});

test("reports every fault of the configuration at once, and starts nothing", async () => {
  const run = begin({
    HESTIA_PORT: "x",
    HESTIA_EXAMPLE: "maybe",
    DATABASE_URL: "mysql://there",
    HESTIA_SECRET_KEY: "short",
    HESTIA_LOG_LEVEL: "loud",
  });
  expect(await run.ended).toBe(1);
  const ours = ["HESTIA_PORT is", "HESTIA_EXAMPLE is"];
  const servers = ["DATABASE_URL:", "HESTIA_SECRET_KEY:", "HESTIA_LOG_LEVEL:"];
  for (const said of [...ours, ...servers])
    expect(run.said()).toMatch(new RegExp(`^${said} .*\n`, "m"));
  expect(existsSync(join(folder, "data"))).toBe(false);
});

test("says which folder it cannot use", async () => {
  writeFileSync(join(folder, "data"), "");
  const run = begin();
  expect(await run.ended).toBe(1);
  expect(run.said()).toContain(`The folder ${join(folder, "data")} cannot be written`);
});
