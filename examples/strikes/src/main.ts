// The program: listens at once, makes the airlines tenants and loads their records, and says when it is ready. It is the
// only reader of process.env. A parent process that forked it hears how it goes; a person reads it on the standard error.
import { createClient } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { connect, type Hestia } from "@hestia/postgres";
import type { FastifyInstance } from "fastify";
import { buildApp } from "./app.ts";
import { type Config, parseConfig } from "./config.ts";
import { type Airline, airlines } from "./data/airlines.ts";
import { type Loadable, loadAirlines } from "./data/load.ts";
import type { AirlineLink } from "./pages/plain-pages.ts";
import { makeProgress } from "./progress.ts";
import { provisionAirlines, storeMigrations } from "./provision.ts";
import { type RetryOptions, retrying } from "./retry.ts";

type Link = AirlineLink & { readonly slug: string };

const stopWithinMs = 8_000;

const stopping = new AbortController();
const progress = makeProgress(process.send?.bind(process), process.stderr);
const retry: RetryOptions = { signal: stopping.signal, onWait: progress.say };
const links: Link[] = [];
const open: { app?: FastifyInstance; hestia?: Hestia } = {};

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
process.once("disconnect", stop);
await start().catch(fail);

async function start(): Promise<void> {
  const config = parseConfig(process.env);
  const { databaseUrl, secretKey, baseDomain, host, port } = config;
  progress.say("connecting");
  open.hestia = await retrying(() => connect({ databaseUrl, secretKey }), retry);
  open.app = buildApp({ hestia: open.hestia, baseDomain, links: () => links });
  await open.app.listen({ host, port });
  const ready = await provision(config);
  await load(open.hestia, ready);
  const { port: taken } = open.app.server.address() as { port: number };
  for (const { slug, name, isolation } of ready) {
    links.push({ slug, name, isolation, url: `http://${slug}.${baseDomain}:${taken}/` });
  }
  announce();
}

async function provision({ hestiaUrl, operatorKey }: Config): Promise<Airline[]> {
  const client = createClient({ baseUrl: hestiaUrl, key: operatorKey });
  const options = { onStep: progress.say, signal: stopping.signal };
  await retrying(() => storeMigrations(client, options), retry);
  return retrying(() => provisionAirlines(client, airlines, options), retry);
}

async function load(hestia: Hestia, ready: readonly Airline[]): Promise<void> {
  const loadables = await Promise.all(
    ready.map(async (airline): Promise<Loadable> => {
      const tenant = await retrying(() => hestia.tenant(airline.slug), retry);
      return { airline, tenant };
    }),
  );
  await loadAirlines(loadables, {
    signal: stopping.signal,
    retrying: (work) => retrying(work, retry),
    onLoaded: (done, total, { name }) => progress.count(done, total, name),
  });
}

function announce(): void {
  progress.end();
  if (process.send !== undefined) {
    process.send({ kind: "ready", tenants: links });
    return;
  }
  const width = Math.max(...links.map(({ name }) => name.length));
  const lines = links.map(
    ({ name, isolation, url }) => `  ${name.padEnd(width)}  ${isolation.padEnd(8)}  ${url}`,
  );
  process.stdout.write(`The register is open:\n${lines.join("\n")}\n`);
}

/** Whatever hangs, the process ends. */
function stop(): void {
  stopping.abort();
  setTimeout(() => process.exit(1), stopWithinMs).unref();
  close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

async function close(): Promise<void> {
  progress.end();
  await open.app?.close();
  await open.hestia?.close();
}

async function fail(error: unknown): Promise<void> {
  if (stopping.signal.aborted) return;
  progress.end();
  process.stderr.write(`${sentenceOf(error)}\n`);
  await close().catch(() => {});
  process.exit(1);
}

function sentenceOf(error: unknown): string {
  if (isHestiaError(error)) return error.message;
  const { code, port, stack } = error as NodeJS.ErrnoException & { port?: number };
  return code === "EADDRINUSE"
    ? `Port ${port} is in use; stop what listens there or set HESTIA_EXAMPLE_PORT to another.`
    : String(stack ?? error);
}
