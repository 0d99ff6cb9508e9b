import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { connect } from "@hestia/postgres";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { airlines } from "./data/airlines.ts";

type Message = { kind: string; text?: string; tenants?: { slug: string; url: string }[] };
type Program = {
  readonly child: ChildProcess;
  readonly messages: Message[];
  /** All that it wrote. */
  said(): string;
  /** Resolves with the first message that fits; rejects when the program ends before. */
  message(fits: (message: Message) => boolean): Promise<Message>;
  /** Resolves with its code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
};

const key = "an-operator-key-for-tests-0123456789";
const programs = {
  server: fileURLToPath(import.meta.resolve("../../../packages/server/src/main.ts")),
  example: fileURLToPath(import.meta.resolve("./main.ts")),
};
const started: Program[] = [];
let clone: Clone;

beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
});

afterAll(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await Promise.all(started.map(({ ended }) => ended));
  await clone.drop();
});

function run(name: keyof typeof programs, env: Record<string, string>): Program {
  const child = fork(programs[name], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH: process.env.PATH, HESTIA_LOG_LEVEL: "error", ...env },
  });
  let text = "";
  const read = [child.stdout, child.stderr].map(async (stream) => {
    for await (const chunk of stream ?? []) text += chunk;
  });
  const messages: Message[] = [];
  child.on("message", (message: Message) => messages.push(message));
  // "close" does not come where it is the parent that hung up.
  const exited = once(child, "exit").then(([code, signal]) => code ?? signal);
  const ended = Promise.all([exited, ...read]).then(([code]) => code);
  const message = (fits: (message: Message) => boolean) =>
    new Promise<Message>((resolve, reject) => {
      const found = messages.find(fits);
      if (found) return resolve(found);
      child.on("message", (each: Message) => fits(each) && resolve(each));
      void ended.then((code) => reject(new Error(`it ended (${code}): ${text}`)));
    });
  const program = { child, messages, said: () => text, message, ended };
  started.push(program);
  return program;
}

const isReady = ({ kind }: Message) => kind === "ready";

/** Clones share the server's roles, which two bootstraps must not change at once. */
function startServer(port: number): Promise<Message> {
  return withClient(withDatabase(clone.databaseUrl, "postgres"), async (lock) => {
    await lock.query("select pg_advisory_lock(4378)");
    const server = run("server", {
      ...{ DATABASE_URL: clone.databaseUrl, HESTIA_SECRET_KEY: clone.secretKey },
      ...{ HESTIA_OPERATOR_KEY: key, HESTIA_PORT: String(port) },
    });
    return server.message(isReady);
  });
}

const exampleEnv = (serverPort: number) => ({
  ...{ DATABASE_URL: clone.directoryUrl, HESTIA_SECRET_KEY: clone.secretKey },
  ...{ HESTIA_OPERATOR_KEY: key, HESTIA_URL: `http://127.0.0.1:${serverPort}` },
  HESTIA_EXAMPLE_PORT: "0",
});

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as { port: number }).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await listen();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function countAll(): Promise<number> {
  const hestia = await connect({ databaseUrl: clone.directoryUrl, secretKey: clone.secretKey });
  try {
    const counts = airlines.map(async ({ slug }) => {
      const tenant = await hestia.tenant(slug);
      const { rows } = await tenant.query<{ n: number }>(
        "select count(*)::integer as n from strikes",
      );
      return rows[0]?.n ?? 0;
    });
    return (await Promise.all(counts)).reduce((sum, n) => sum + n, 0);
  } finally {
    await hestia.close();
  }
}

describe("the example", () => {
  test("waits for the control plane, survives a kill while it loads, and does nothing twice", async () => {
    const port = await freePort();
    const first = run("example", exampleEnv(port));
    const waits = ({ text = "" }: Message) => /No answer from .*Trying again\./.test(text);
    await first.message(waits);
    await startServer(port);
    await first.message(({ text = "" }) => text.startsWith("creating airlines: "));
    await first.message(({ text = "" }) => text.startsWith("loading strikes: "));
    first.child.kill("SIGKILL");
    expect(await first.ended).toBe("SIGKILL");
    expect(await countAll()).toBeLessThan(6_188);

    const second = run("example", exampleEnv(port));
    const { tenants = [] } = await second.message(isReady);
    expect(tenants.map(({ slug }) => slug)).toEqual(airlines.map(({ slug }) => slug));
    expect(await countAll()).toBe(6_188);
    const { hostname, port: taken } = new URL(tenants[2]?.url ?? "");
    expect(hostname).toBe("delta.localhost");
    const page = await fetch(`http://127.0.0.1:${taken}/`, {
      headers: { "x-tenant-slug": "delta" },
    });
    expect(await page.text()).toContain("<dd>865</dd>");
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);

    const third = run("example", exampleEnv(port));
    await third.message(isReady);
    expect(third.messages.map(({ text }) => text)).toEqual([
      "connecting",
      "storing the migrations",
      undefined,
    ]);
    third.child.disconnect();
    expect(await third.ended).toBe(0);
    expect(started.map((program) => program.said())).toEqual(started.map(() => ""));
  });

  test("says in one line all that is missing from its environment", async () => {
    const program = run("example", { HESTIA_EXAMPLE_PORT: "http" });
    expect(await program.ended).toBe(1);
    expect(program.said()).toBe(
      "HESTIA_EXAMPLE_PORT is no port: http. DATABASE_URL must be set. HESTIA_SECRET_KEY must be set. HESTIA_OPERATOR_KEY must be set.\n",
    );
  });

  test("says which port is in use", async () => {
    const { server, port } = await listen();
    const program = run("example", { ...exampleEnv(1), HESTIA_EXAMPLE_PORT: String(port) });
    expect(await program.ended).toBe(1);
    expect(program.said()).toMatch(new RegExp(`^Port ${port} is in use; .*\\.\n$`));
    server.close();
  });

  test("says that a password is wrong, and does not try again", async () => {
    const url = new URL(clone.directoryUrl);
    url.password = "wrong";
    const program = run("example", { ...exampleEnv(1), DATABASE_URL: url.href });
    expect(await program.ended).toBe(1);
    expect(program.said()).toMatch(/^PostgreSQL at .* refused the password of .*\.\n$/);
  });

  test("stops when it is told to while it waits", async () => {
    const program = run("example", exampleEnv(await freePort()));
    await program.message(({ text = "" }) => text.includes("Trying again."));
    program.child.kill("SIGINT");
    expect(await program.ended).toBe(0);
  });
});
