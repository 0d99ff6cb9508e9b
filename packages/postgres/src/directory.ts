// What the library knows of tenants: loaded once for all who wait, bounded, dropped when the platform announces a change.
// Invariant: it only finds the way. Whether a tenant may be entered the database decides, whatever stands here.

import {
  HestiaError,
  type IsolationModel,
  isUuid,
  type TenantId,
  type TenantStatus,
} from "@hestia/core";
import pg from "pg";
import { Batches } from "./batches.ts";
import { isPooled } from "./broker/pooler.ts";
import { isUnavailable, translate } from "./failures.ts";

/** A tenant as the directory tells it. */
export type DirectoryEntry = {
  readonly id: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly isolation: IsolationModel;
  readonly cluster: string;
  readonly database: string;
  /** The schema that holds its rows. */
  readonly place: string;
  /** The sealed login of a database tenant. */
  readonly credentials: string | null;
  /** Its verified domain. */
  readonly domain: string | null;
  readonly version: number;
  /** The last tenant migration that it has. */
  readonly schemaVersion: string | null;
};

/** A cluster as the directory tells it. */
export type DirectoryCluster = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly credentials: string;
  readonly isolation: "full" | "reduced";
};

/** How a tenant may be looked for. */
export type TenantKey =
  | { readonly id: string }
  | { readonly slug: string }
  | { readonly domain: string };

export type DirectoryOptions = {
  readonly databaseUrl: string;
  /** Where LISTEN goes when a pooler stands in front of `databaseUrl`. */
  readonly directUrl: string;
};

type Kept = { readonly entry: DirectoryEntry; readonly freshUntil: number };

const connectionsMax = 2;
const entriesMax = 20_000;
/** How long a serving tenant is not asked for again: while changes are heard of, and while they are not. */
const freshMs = { listening: 300_000, deaf: 5_000 };
const relistenMs = { first: 200, last: 10_000 };
const channel = "hestia_directory";
const listenLost =
  "The platform database is reached through a pooler, on which no change of a tenant would be heard; give connect the server's own address as directUrl.";
const columns =
  'id, slug, name, status, isolation, cluster, database, place, credentials, domain, version, schema_version as "schemaVersion"';

/** Opens the directory; `close` must be called. */
export async function openDirectory(options: DirectoryOptions): Promise<Directory> {
  const directory = new Directory(options);
  await directory.start();
  return directory;
}

/** See the file's head. */
export class Directory {
  readonly #pool: pg.Pool;
  readonly #directUrl: string;
  readonly #kept = new Map<string, Kept>();
  readonly #lookUps = new Batches<TenantKey, DirectoryEntry | undefined>({
    atOnce: connectionsMax,
    sizeMax: 500,
    ask: (keys) => this.#read(keys),
    isOfOne: (error) => !isUnavailable(error),
  });
  readonly #loading = new Map<string, Promise<DirectoryEntry | undefined>>();
  #listener: pg.Client | undefined;
  #relisten: NodeJS.Timeout | undefined;
  #closed = false;
  /** Counts what was forgotten. */
  #heard = 0;

  constructor({ databaseUrl, directUrl }: DirectoryOptions) {
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      max: connectionsMax,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
      application_name: "hestia-directory",
    });
    // An idle connection that is lost is replaced at the next use.
    this.#pool.on("error", () => {});
    this.#directUrl = directUrl;
  }

  /** Begins to listen; throws when the platform database cannot be reached at all. */
  async start(): Promise<void> {
    await this.#listen();
  }

  /** Finds a tenant, from memory where that is fresh; undefined when there is none. */
  find(key: TenantKey): Promise<DirectoryEntry | undefined> {
    const name = nameOf(key);
    const kept = this.#kept.get(name);
    if (kept && performance.now() < kept.freshUntil) return Promise.resolve(kept.entry);
    const running = this.#loading.get(name);
    if (running) return running;
    const load = this.#load(key, kept).finally(() => this.#loading.delete(name));
    this.#loading.set(name, load);
    return load;
  }

  /** What is known of a tenant right now, without asking. */
  peek(id: TenantId): DirectoryEntry | undefined {
    return this.#kept.get(`id:${id}`)?.entry;
  }

  /** Drops what is known of a tenant, or with `*` of all: what they share has changed. */
  forget(id: string): void {
    this.#heard += 1;
    if (id === "*") this.#kept.clear();
    const entry = this.#kept.get(`id:${id}`)?.entry;
    this.#kept.delete(`id:${id}`);
    if (entry) for (const name of namesOf(entry)) this.#kept.delete(name);
  }

  /** The clusters and their sealed logins. */
  async clusters(): Promise<DirectoryCluster[]> {
    try {
      return (await this.#pool.query<DirectoryCluster>("select * from platform.directory_clusters"))
        .rows;
    } catch (error) {
      throw translate(error);
    }
  }

  async #load(key: TenantKey, stale: Kept | undefined): Promise<DirectoryEntry | undefined> {
    try {
      if ("id" in key && !isUuid(key.id)) return undefined;
      const heard = this.#heard;
      const entry = await this.#lookUps.ask(key);
      // A change that was heard of meanwhile may be newer than what was read.
      return heard === this.#heard ? this.#keep(entry) : entry;
    } catch (error) {
      // The control plane may be down: what was known goes on serving, and the database still decides.
      if (stale?.entry && isUnavailable(error)) return stale.entry;
      throw translate(error);
    }
  }

  async #read(keys: readonly TenantKey[]): Promise<(DirectoryEntry | undefined)[]> {
    const valuesOf = (column: string) =>
      keys.flatMap((key) => (column in key ? Object.values(key) : []));
    const { rows } = await this.#pool.query<DirectoryEntry>(
      // Each by its own index.
      `select ${columns} from platform.directory where id = any($1::uuid[])
        union all select ${columns} from platform.directory where slug = any($2)
        union all select ${columns} from platform.directory where domain = any($3)`,
      ["id", "slug", "domain"].map(valuesOf),
    );
    const found = new Map(rows.flatMap((entry) => namesOf(entry).map((name) => [name, entry])));
    return keys.map((key) => found.get(nameOf(key)));
  }

  /** Only what serves is kept: that a tenant has come, or come back, must not be learnt late. */
  #keep(entry: DirectoryEntry | undefined): DirectoryEntry | undefined {
    if (!entry || !isServing(entry)) return entry;
    const freshUntil = performance.now() + (this.#listener ? freshMs.listening : freshMs.deaf);
    for (const name of namesOf(entry)) {
      this.#kept.delete(name);
      this.#kept.set(name, { entry, freshUntil });
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= entriesMax) break;
      this.#kept.delete(oldest);
    }
    return entry;
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#directUrl,
      application_name: "hestia-directory",
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on("notification", (message) => this.forget(message.payload ?? ""));
    client.on("error", () => {});
    client.once("end", () => this.#lost(client));
    await client.connect();
    if (await isPooled(client)) {
      await client.end();
      throw new HestiaError("database_unsuitable", { problem: listenLost });
    }
    await client.query(`listen ${channel}`);
    if (this.#closed) return void client.end();
    this.#listener = client;
    // What changed while no one listened is not known: everything is read again.
    this.#heard += 1;
    this.#kept.clear();
  }

  #lost(client: pg.Client): void {
    if (this.#closed || this.#listener !== client) return;
    this.#listener = undefined;
    this.#listenAgain(relistenMs.first);
  }

  #listenAgain(delayMs: number): void {
    if (this.#closed) return;
    this.#relisten = setTimeout(() => {
      this.#listen().catch(() => this.#listenAgain(Math.min(delayMs * 2, relistenMs.last)));
    }, delayMs);
    this.#relisten.unref();
  }

  /** Stops listening and closes its connections. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#relisten);
    await Promise.all([this.#listener?.end(), this.#pool.end()]);
  }
}

const isServing = (entry: DirectoryEntry) =>
  entry.status === "active" || entry.status === "readonly";

function nameOf(key: TenantKey): string {
  const [column, value] = Object.entries(key)[0] as [string, string];
  return `${column}:${value}`;
}

function namesOf(entry: DirectoryEntry): string[] {
  return [
    `id:${entry.id}`,
    `slug:${entry.slug}`,
    ...(entry.domain === null ? [] : [`domain:${entry.domain}`]),
  ];
}
