// The composition root: everything that a server consists of is made here and handed on. It listens at once, says what
// it waits for while the database is not there, and serves as soon as it is.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  HestiaError,
  isHestiaError,
  type JsonObject,
  type Operation,
  parseMigrationFiles,
  type TenantId,
} from "@hestia/core";
import { connect } from "@hestia/postgres";
import {
  bootstrapPlatform,
  type MigrationFile,
  openDatabase,
  readMigrations,
} from "@hestia/postgres/platform";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { auditHandlers } from "./audit.ts";
import { bindRoutes } from "./bind.ts";
import { ChangeFeed, changeHandlers } from "./changes.ts";
import { clusterHandlers } from "./clusters.ts";
import type { Config } from "./config.ts";
import { serveConsole } from "./console.ts";
import { dataHandlers } from "./data.ts";
import { resolveTextBy } from "./dns.ts";
import { serveDocs } from "./docs.ts";
import { Engine } from "./engine/engine.ts";
import type { OperationDefinition } from "./engine/kinds.ts";
import { erasureHandlers } from "./erasure.ts";
import { makeAddressRule, type Resolve } from "./events/addresses.ts";
import { Events } from "./events/events.ts";
import { resolveBySystem } from "./events/post.ts";
import type { Subscriber } from "./events/subscribers.ts";
import { fleetHandlers } from "./fleet.ts";
import { holdHandlers } from "./holds.ts";
import { closeHttp, makeHttp } from "./http.ts";
import { isolationCheckHandlers } from "./isolation-checks.ts";
import { migrationHandlers } from "./migrations.ts";
import { ownOperations } from "./operation-kinds.ts";
import { operationHandlers } from "./operations.ts";
import { ensureOperatorKey, type FirstKey } from "./operator-key.ts";
import { operatorKeyHandlers } from "./operator-keys.ts";
import { planHandlers } from "./plans.ts";
import type { Platform } from "./platform.ts";
import { checkReadiness, notReady } from "./readiness.ts";
import { keepReconciled } from "./reconcile.ts";
import { serviceHandlers } from "./service.ts";
import { sessionHandlers } from "./session.ts";
import { type Stored, store } from "./stored-migrations.ts";
import { ownTenantHandlers } from "./tenant.ts";
import { tenantHandlers } from "./tenants.ts";
import { verificationHandlers } from "./verifications.ts";
import { WarmPool } from "./warm/warm-pool.ts";
import { webhookHandlers } from "./webhooks.ts";

/** What a server needs beside its configuration. */
export type ServerOptions = {
  readonly config: Config;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Kinds of operation beside Hestia's own: they run in the same engine, for whoever begins them. */
  readonly operations?: readonly OperationDefinition[];
  /** How names of webhooks' hosts are resolved. */
  readonly resolve?: Resolve;
  /** Parts of the server that follow events. */
  readonly subscribers?: readonly Subscriber[];
  /** Told in a few words what the start is at. */
  readonly onProgress?: (text: string) => void;
};

/** What is known once the server can serve. */
export type Ready = FirstKey & { readonly directoryUrl: string };

/** A server that listens. */
export type Server = {
  readonly url: string;
  /** Resolves when it can serve; rejects with one clear sentence when it never will. */
  readonly ready: Promise<Ready>;
  /** Begins an operation, of Hestia's kinds or of those that the server was given; it runs wherever a server is free. */
  begin(definition: OperationDefinition, asked?: NewOperation): Promise<Operation>;
  /** Lets what is under way end, within bounds, and closes everything. */
  stop(): Promise<void>;
};

/** What an operation is begun with. */
export type NewOperation = {
  readonly tenantId?: TenantId;
  /** What its steps find as `job.origin.input`. */
  readonly input?: JsonObject;
};

type State = { platform?: Platform; problem: string };

/** Starts a server: it listens when this resolves, and serves when `ready` does. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config } = options;
  const stopping = new AbortController();
  const state: State = { problem: "The server is starting." };
  const app = makeApp(options, state, stopping.signal);
  await listen(app, config);
  const made: (() => Promise<unknown>)[] = [];
  const ready = becomeReady(options, state, stopping.signal, made);
  ready.catch(() => {});
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(app, config),
    ready,
    begin: async (definition, asked) => {
      await ready;
      const { db, engine, now: clock } = state.platform as Platform;
      const actor = { kind: "system", name: "program" } as const;
      return db.asPlatform((tx) => engine.begin(tx, definition, { ...asked, actor, now: clock() }));
    },
    stop: () => {
      stopped ??= (async () => {
        stopping.abort();
        await ready.catch(() => {});
        const closed = closeHttp(app);
        // Waits and streams end with the engine, and with them the last requests; then nothing needs the rest.
        const { engine, events, warm } = state.platform ?? {};
        await Promise.all([engine?.stop(), events?.stop(), warm?.stop()]);
        await closed;
        for (const close of made.reverse()) await close();
      })();
      return stopped;
    },
  };
}

function makeApp(
  { config, log }: ServerOptions,
  state: State,
  stopping: AbortSignal,
): FastifyInstance {
  const app = makeHttp({ config, log, isStopping: () => stopping.aborted });
  const platform = () => {
    if (state.platform !== undefined) return state.platform;
    throw new HestiaError("database_unavailable", { retryAfterSeconds: 2 });
  };
  const readiness = async () =>
    state.platform === undefined ? notReady(state.problem) : checkReadiness(state.platform);
  const handlers = {
    tenants: tenantHandlers,
    data: dataHandlers,
    erasure: erasureHandlers,
    holds: holdHandlers,
    plans: planHandlers,
    verifications: verificationHandlers({ platform }),
    operations: operationHandlers,
    audit: auditHandlers,
    changes: changeHandlers,
    session: sessionHandlers(platform),
    fleet: fleetHandlers,
    operatorKeys: operatorKeyHandlers,
    isolationChecks: isolationCheckHandlers,
    migrations: migrationHandlers,
    clusters: clusterHandlers,
    webhooks: webhookHandlers,
    tenant: ownTenantHandlers,
    service: serviceHandlers({ version: packageVersion(), readiness }),
  };
  const { baseDomain, hosts } = config;
  bindRoutes(app, handlers, { platform, baseDomain, hosts });
  serveDocs(app);
  serveConsole(app);
  return app;
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    if ((cause as { code?: string }).code !== "EADDRINUSE") throw cause;
    const where = `something listens on ${host}:${port}; stop it or choose another HESTIA_PORT`;
    throw new HestiaError("server_already_running", { where }, { cause });
  }
}

function urlOf(app: FastifyInstance, { host }: Config): string {
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/** Tries until the database is there; what cannot be cured by waiting is thrown. */
async function becomeReady(
  options: ServerOptions,
  state: State,
  stopping: AbortSignal,
  made: (() => Promise<unknown>)[],
): Promise<Ready> {
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    const opened: (() => Promise<unknown>)[] = [];
    try {
      const { platform, ...first } = await openPlatform(options, opened);
      made.push(...opened, startSweeping(platform));
      state.platform = platform;
      return { ...first, directoryUrl: platform.directoryUrl };
    } catch (error) {
      for (const close of opened.reverse()) await close().catch(() => {});
      if (!isHestiaError(error, "database_unavailable") || stopping.aborted) throw error;
      state.problem = error.message;
      options.log.warn({ server: error.details.server }, error.message);
      await delay(pauseMs, undefined, { signal: stopping });
    }
  }
}

async function openPlatform(
  {
    config,
    log,
    now = () => new Date(),
    resolve = resolveBySystem,
    operations = [],
    subscribers = [],
    onProgress,
  }: ServerOptions,
  opened: (() => Promise<unknown>)[],
): Promise<FirstKey & { platform: Platform }> {
  const { databaseUrl, secretKey, dataDatabase } = config;
  const booted = await bootstrapPlatform({ databaseUrl, secretKey, dataDatabase, now, onProgress });
  const { cluster, directoryUrl, rolePrefix } = booted;
  opened.push(() => cluster.close());
  const instance = randomBytes(9).toString("base64url");
  const db = openDatabase({ url: databaseUrl, rolePrefix, sessionName: `hestia ${instance}` });
  opened.push(() => db.close());
  const hestia = await connect({ databaseUrl: directoryUrl, secretKey, connectionsMax: 2 });
  opened.push(() => hestia.close());
  const definitions = [...ownOperations, ...operations];
  const engine = new Engine({ databaseUrl, db, log, instance, definitions, concurrency: 4 });
  opened.push(() => engine.stop());
  const clusters = new Map([[cluster.name, cluster]]);
  const events = new Events(subscribers);
  opened.push(() => events.stop());
  const warm = new WarmPool();
  opened.push(() => warm.stop());
  const outbound = { rule: makeAddressRule(config.webhookAllow), resolve };
  const shared = { config, instance, log, now, db, clusters, hestia, directoryUrl };
  const resolveText = resolveTextBy(config.dnsServers);
  const feed = new ChangeFeed({ db, engine, now });
  const platform: Platform = { ...shared, engine, warm, feed, events, outbound, resolveText };
  const first = await ensureOperatorKey(platform);
  await storeMigrations(platform);
  await engine.start(platform);
  await events.start(platform);
  warm.start(platform);
  return { ...first, platform };
}

async function storeMigrations(platform: Platform): Promise<void> {
  const folder = platform.config.migrationsFolder;
  if (folder === undefined) return;
  const files = await readFolder(folder);
  const actor = { kind: "system", name: "start" } as const;
  const stored = await platform.db.asPlatform((tx) =>
    store(tx, { platform, actor }, files, { partial: true }),
  );
  logStored(platform.log.child({ folder }), stored);
}

async function readFolder(folder: string): Promise<MigrationFile[]> {
  const files = await readMigrations(folder).catch((cause: unknown) => {
    const problem = isHestiaError(cause)
      ? "there is neither tenant/ nor shared/ in it"
      : (cause as Error).message;
    throw folderFault(`${folder} cannot be read: ${problem}.`, cause);
  });
  const { faults } = parseMigrationFiles(files);
  if (faults !== undefined) throw folderFault(faults.map((fault) => fault.message).join(" "));
  return files;
}

function folderFault(problem: string, cause?: unknown): HestiaError {
  const message = `HESTIA_MIGRATIONS: ${problem}`;
  return new HestiaError("configuration_invalid", {}, { message, cause });
}

function logStored(log: Logger, { added, corrected, missing }: Stored): void {
  if (added.length > 0)
    log.info(
      { files: added },
      "new migrations are stored; `hestia migrate up` brings tenants to them",
    );
  if (corrected.length > 0)
    log.warn(
      { files: corrected },
      "migrations that no tenant had yet are replaced by what they are now",
    );
  if (missing.length > 0)
    log.warn(
      { files: missing },
      "migrations are stored that the folder does not have; new tenants get them all the same",
    );
}

function startSweeping(platform: Platform): () => Promise<void> {
  const ending = new AbortController();
  const sweeping = keepReconciled(platform, ending.signal);
  return () => {
    ending.abort();
    return sweeping;
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
