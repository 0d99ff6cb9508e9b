import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { chown, mkdtemp } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isHestiaError } from "@hestia/core";
import pg from "pg";
import {
  afterEach,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  type TestContext,
  test,
} from "vitest";
import { canEnter } from "./account.ts";
import { type EmbeddedServer, removeEmbedded, startEmbedded, stopEmbedded } from "./index.ts";

type Started = Pick<EmbeddedServer, "url" | "pid" | "port" | "attached" | "dataDir">;

const settings = { fsync: "off", max_connections: "20", shared_buffers: "8MB" };
const starter = new URL("./starter.fixture.ts", import.meta.url);
const children: ChildProcess[] = [];
let folder: string;
/** Further servers' folders in it, whose data may lie elsewhere. */
const below: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hestia-embedded-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const each of below.splice(0)) await removeEmbedded(each);
  await removeEmbedded(folder);
});

const asRoot = (context: TestContext) =>
  context.skip(
    process.getuid?.() !== 0,
    "only root can hand a process or a folder to somebody else",
  );

/** Skips where the repository lies below a folder that an ordinary user cannot enter. */
async function asNobody(context: TestContext): Promise<{ uid: number; gid: number }> {
  asRoot(context);
  const nobody = { uid: 65534, gid: 65534 };
  const here = fileURLToPath(new URL(".", import.meta.url));
  const reachable = await canEnter({ ...nobody, switched: true }, here);
  context.skip(!reachable, "an ordinary user cannot enter this repository's folder");
  return nobody;
}

const start = (more: { port?: number; onProgress?: (text: string) => void } = {}) =>
  startEmbedded({ dataDir: folder, settings, ...more });

async function startInChild(options: { uid?: number; gid?: number } = {}): Promise<Started> {
  const child = fork(starter, [folder], { ...options, cwd: "/" });
  children.push(child);
  const [message] = await once(child, "message");
  return message as Started;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<{ value: unknown }>(text)).rows.map(({ value }) => value);
  } finally {
    await client.end();
  }
}

const lives = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

const accepts = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => resolve(socket.destroy() !== undefined));
  });

describe("a server of our own", () => {
  test("keeps its data from one start to the next", async () => {
    const first = await start();
    await query(first.url, "create table kept as select 42 as value");
    await first.stop();
    expect(await accepts("127.0.0.1", first.port)).toBe(false);
    const second = await start();
    expect(await query(second.url, "select value from kept")).toEqual([42]);
    expect([first.attached, second.attached]).toEqual([false, false]);
  });

  test("is a UTF-8 PostgreSQL for logical replication whose user is a superuser", async () => {
    const { url } = await start();
    const text = `select array[current_setting('server_encoding'), current_setting('wal_level'),
      current_setting('password_encryption'), current_setting('is_superuser'), datlocale] as value
      from pg_database where datname = current_database()`;
    expect(await query(url, text)).toEqual([["UTF8", "logical", "scram-sha-256", "on", "C.UTF-8"]]);
  });

  test("listens on loopback alone, with its password, and its files are its account's own", async () => {
    const { url, port, dataDir, logFile } = await start();
    expect(await query(url, "select current_setting('listen_addresses') as value")).toEqual([
      "127.0.0.1",
    ]);
    await expect(
      query(`postgres://postgres:wrong@127.0.0.1:${port}/postgres`, "select 1"),
    ).rejects.toThrow(/password authentication failed/);
    const home = dirname(dataDir);
    const modes = [home, dataDir, logFile, join(home, "password")].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
  });

  test("stops although a client is connected, and says so by `exited`", async () => {
    const server = await start();
    const client = new pg.Client(server.url);
    const cut = new Promise((resolve) => client.on("error", resolve));
    await client.connect();
    await Promise.all([server.stop(), server.exited, cut]);
    expect(lives(server.pid)).toBe(false);
  });

  test("says by `exited` that it crashed, and starts again", async () => {
    const server = await start();
    process.kill(server.pid, "SIGKILL");
    await server.exited;
    const again = await start({ port: server.port });
    expect(again.port).toBe(server.port);
  });

  test("waits for a wanted port, and in the end names it", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void holder.close());
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const failure = await start({ port }).catch((error) => error);
    expect(isHestiaError(failure, "database_unavailable")).toBe(true);
    expect(failure.message).toMatch(new RegExp(`^Port ${port} for PostgreSQL is taken`));
    const server = await start({ port, onProgress: () => void holder.close() });
    expect(server.port).toBe(port);
  });

  test("refuses the data of another major version and leaves them alone", async () => {
    const server = await start();
    await server.stop();
    writeFileSync(join(server.dataDir, "PG_VERSION"), "17\n");
    const failure = await start().catch((error) => error);
    expect(isHestiaError(failure, "database_unsuitable")).toBe(true);
    expect(failure.message).toMatch(/are of PostgreSQL 17 and the embedded server is 18/);
    expect(readFileSync(join(server.dataDir, "PG_VERSION"), "utf8")).toBe("17\n");
  });

  test("gives PostgreSQL's own reason where it does not start", async () => {
    const failure = await startEmbedded({
      dataDir: folder,
      settings: { shared_buffers: "many" },
    }).catch((error) => error);
    expect(isHestiaError(failure, "database_unavailable")).toBe(true);
    expect(failure.cause.message).toMatch(/shared_buffers/);
  });
});

describe("after a crash", () => {
  test("a server whose starter was killed is attached to, and stopped by the one who attached", async () => {
    const first = await startInChild();
    children[0]?.kill("SIGKILL");
    await once(children[0] as ChildProcess, "exit");
    expect(lives(first.pid)).toBe(true);
    const second = await start();
    expect({ attached: second.attached, url: second.url }).toEqual({
      attached: true,
      url: first.url,
    });
    expect(await query(second.url, "select 1 as value")).toEqual([1]);
    await second.stop();
    expect(lives(first.pid)).toBe(false);
  });

  test("a server killed together with its starter starts again with its data", async () => {
    const first = await startInChild();
    await query(first.url, "create table kept as select 42 as value");
    children[0]?.kill("SIGKILL");
    process.kill(first.pid, "SIGKILL");
    const second = await start();
    expect(second.attached).toBe(false);
    expect(await query(second.url, "select value from kept")).toEqual([42]);
  });

  test("a backend that outlives its postmaster is waited for", async () => {
    const first = await start();
    const client = new pg.Client(first.url);
    client.on("error", () => {});
    await client.connect();
    const [{ pid }] = (await client.query("select pg_backend_pid() as pid")).rows;
    process.kill(pid, "SIGSTOP");
    process.kill(first.pid, "SIGKILL");
    await first.exited;
    const said: string[] = [];
    const second = await start({
      onProgress: (text) => {
        said.push(text);
        process.kill(pid, "SIGCONT");
      },
    });
    expect(said[0]).toMatch(new RegExp(`waiting for processes of the last PostgreSQL .*${pid}`));
    expect(await query(second.url, "select 1 as value")).toEqual([1]);
  });

  test("a pid that now belongs to another program is not taken for the server", async () => {
    const first = await start();
    process.kill(first.pid, "SIGKILL");
    await first.exited;
    const other = spawn("sleep", ["600"], { uid: statSync(first.dataDir).uid });
    children.push(other);
    const pidFile = join(first.dataDir, "postmaster.pid");
    const text = readFileSync(pidFile, "utf8");
    writeFileSync(pidFile, text.replace(/^\d+/, String(other.pid)));
    const second = await start();
    expect(second.attached).toBe(false);
    await second.stop();
    expect(lives(other.pid ?? 0)).toBe(true);
  });

  test("the lock of a killed starter does not block the next", async () => {
    await (await start()).stop();
    writeFileSync(join(folder, "starting.lock"), `${process.pid} born-earlier x\n`);
    expect((await start()).attached).toBe(false);
    expect(existsSync(join(folder, "starting.lock"))).toBe(false);
  });

  test("stopping by folder says whether a server ran", async () => {
    const { pid } = await startInChild();
    expect(await stopEmbedded(folder)).toBe(true);
    expect(await stopEmbedded(folder)).toBe(false);
    expect(lives(pid)).toBe(false);
  });
});

describe("two at once", () => {
  test("one starts the server and the other attaches to it", async () => {
    const both = await Promise.all([startInChild(), startInChild(), start()]);
    expect(both.map(({ attached }) => attached).sort()).toEqual([false, true, true]);
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(1);
  });
});

describe("accounts", () => {
  test("root runs it as somebody else", async (context) => {
    asRoot(context);
    const { pid } = await start();
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
  });

  test("below a folder closed to its account its data lie elsewhere", async (context) => {
    asRoot(context);
    chmodSync(folder, 0o700);
    const closed = join(folder, "clone", ".hestia", "postgres");
    below.push(closed);
    const first = await startEmbedded({ dataDir: closed, settings });
    expect(first.dataDir.startsWith(folder)).toBe(false);
    expect(readFileSync(join(closed, "moved-to"), "utf8").trim()).toBe(dirname(first.dataDir));
    await query(first.url, "create table kept as select 42 as value");
    await first.stop();
    const second = await startEmbedded({ dataDir: closed, settings });
    expect(await query(second.url, "select value from kept")).toEqual([42]);
    await removeEmbedded(closed);
    expect(existsSync(dirname(second.dataDir))).toBe(false);
  });

  test("data that lie elsewhere end with the folder, and a copy has its own", async (context) => {
    asRoot(context);
    const [closed, copy] = [join(folder, "clone"), join(folder, "copy")];
    below.push(closed, copy);
    const first = await startEmbedded({ dataDir: closed, settings });
    await query(first.url, "create table kept as select 42 as value");
    cpSync(closed, copy, { recursive: true });
    const copied = await startEmbedded({ dataDir: copy, settings });
    expect(copied.dataDir).not.toBe(first.dataDir);
    rmSync(closed, { recursive: true });
    const second = await startEmbedded({ dataDir: closed, settings });
    expect(lives(first.pid)).toBe(false);
    expect(await query(second.url, "select to_regclass('kept') as value")).toEqual([null]);
  });

  test("an ordinary user runs it as themselves", async (context) => {
    const nobody = await asNobody(context);
    await chown(folder, nobody.uid, nobody.gid);
    const { pid, url, dataDir } = await startInChild(nobody);
    expect([statSync(`/proc/${pid}`).uid, statSync(dataDir).uid]).toEqual([65534, 65534]);
    expect(await query(url, "select 1 as value")).toEqual([1]);
  });

  test("an ordinary user who may not write the folder is told so", async (context) => {
    const nobody = await asNobody(context);
    const code = `import { startEmbedded } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      await startEmbedded({ dataDir: ${JSON.stringify(folder)} }).catch((error) => console.log(error.message));`;
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
      ...{ ...nobody, cwd: "/", encoding: "utf8" },
    });
    expect(said).toMatch(/cannot be written; run as its owner/);
  });
});
