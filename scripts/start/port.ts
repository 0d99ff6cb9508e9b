// Whether a port is free to listen on, and if not, which process holds it, as far as the system tells.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How a port is waited for. */
export type PortWait = {
  /** The variable that chooses another port. */
  name: string;
  boundMs: number;
  onWait: (text: string) => void;
  /** Ends the waiting. */
  signal: AbortSignal;
};

/** Waits until the port is free; throws one sentence that names the port, and its holder if that can be told. */
export async function waitForPort(
  port: number,
  { name, boundMs, onWait, signal }: PortWait,
): Promise<void> {
  const deadline = Date.now() + boundMs;
  while (await isTaken(port)) {
    if (Date.now() > deadline) {
      const holder = portHolder(port);
      const who = holder ? `process ${holder.pid} (${holder.program})` : "another program";
      throw new Error(`Port ${port} is taken by ${who}; end that, or set ${name} to another port.`);
    }
    onWait(`waiting for port ${port} to become free`);
    await delay(200, undefined, { signal });
  }
}

/** Whether anybody listens on the port, or answers there. */
export async function isTaken(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) {
    // on some systems one may listen beside a wildcard listener: so ask whether anybody answers, too
    if ((await answers(host, port)) || !(await canListen(host, port))) return true;
  }
  return false;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(true));
    socket.once("error", () => done(false));
  });
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "EADDRINUSE"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The process that listens on the port; undefined where the system does not say (another account's, say). */
function portHolder(port: number): { pid: number; program: string } | undefined {
  try {
    return process.platform === "linux" ? holderOnLinux(port) : holderByLsof(port);
  } catch {
    return undefined;
  }
}

function holderOnLinux(port: number): { pid: number; program: string } | undefined {
  const sockets = new Set(["tcp", "tcp6"].flatMap((table) => listeningSockets(table, port)));
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (sockets.size > 0 && openFiles(pid).some((file) => sockets.has(file))) {
      return { pid: Number(pid), program: readFileSync(`/proc/${pid}/comm`, "utf8").trim() };
    }
  }
  return undefined;
}

function listeningSockets(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1);
  const rows = lines.map((line) => line.trim().split(/\s+/));
  // 0A is LISTEN
  const mine = rows.filter(([, local, , state]) => state === "0A" && local?.endsWith(`:${hex}`));
  return mine.map((row) => `socket:[${row[9]}]`);
}

function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  return orNone(() => readdirSync(folder)).flatMap((fd) =>
    orNone(() => [readlinkSync(`${folder}/${fd}`)]),
  );
}

/** Processes and files come and go while they are listed, and another account's may not be looked at. */
function orNone(list: () => string[]): string[] {
  try {
    return list();
  } catch {
    return [];
  }
}

function holderByLsof(port: number): { pid: number; program: string } | undefined {
  const options = ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"];
  const output = execFileSync("lsof", options, { encoding: "utf8", stdio: "pipe" });
  const [pid, program] = [output.match(/^p(\d+)/m)?.[1], output.match(/^c(.+)/m)?.[1]];
  return pid && program ? { pid: Number(pid), program } : undefined;
}
