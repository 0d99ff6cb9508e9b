// The leak soak: many tenants in all models do everything at once on few connections while everything goes wrong.
// It fails on a row that is another's, a statement without a scope, an error that nobody brought about, and what does not
// come back. The same seed has every caller do the same, as the same tenants; when things happen is up to the machine.

import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { HestiaError } from "@hestia/core";
import type { Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/cluster";
import type pg from "pg";
import { makeWorld, type World } from "../world.ts";
import { acts, ChangedMind, CutOff, settleIn } from "./acts.ts";
import { type Sample, sampleMemory, type Trend, trendOf } from "./memory.ts";
import { Random } from "./random.ts";
import { Trouble, type Troubles } from "./trouble.ts";

const connectionsMax = 8;
const callers = 32;
const samplesMax = 100;
const sampleEachMin = 1_000;
const recoveryMs = 10_000;
const statementTimeoutMs = 250;
/** How many of a hundred tenants have a schema or a database of their own; the others share. */
const percent = { schema: 14, database: 2 };
const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));

export type SoakOptions = {
  /** Until so many were answered. */
  readonly statements: number;
  readonly seed: number;
  /** Without it the server stays up. */
  readonly restarts?: boolean;
  onProgress?(answered: number): void;
};

/** What a soak did and found. */
export type SoakResult = Troubles & {
  readonly seed: number;
  readonly tenants: number;
  readonly connectionsMax: number;
  readonly statements: number;
  readonly rows: number;
  /** Rows that were not the asking tenant's. */
  readonly foreign: number;
  /** Times that the server found a statement without a scope, by its log. */
  readonly unscoped: number;
  /** What failed as it should, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** What failed as it should not. */
  readonly unexpected: readonly string[];
  /** Tenants that did not answer afterwards. */
  readonly lost: readonly string[];
  /** How long the restart took, and from then until a statement was answered again. */
  readonly restartMs: number | undefined;
  readonly recoveryMs: number | undefined;
  readonly seconds: number;
  readonly heap: Trend;
  readonly rss: Trend;
};

/** What a soak runs on. */
export type SoakWorld = World & { readonly tenants: readonly Tenant[] };

/** A world with tenants of all models and their rows, whose statements are stopped soon and whose log can be counted. */
export async function makeSoakWorld(
  count: number,
  onProgress: (made: number) => void = () => {},
): Promise<SoakWorld> {
  const world = await makeWorld(migrations, {
    connectionsMax,
    settings: { autovacuum: "on", log_line_prefix: "%e ", log_min_error_statement: "panic" },
  });
  const tenants: Tenant[] = [];
  for (let index = 0; index < count; index += 1) {
    const [tenant] = await world.addTenants(modelOf(index), 1, [`soak-${index}`]);
    if (!tenant) throw new Error("no tenant was made");
    await settleIn(tenant);
    tenants.push(tenant);
    onProgress(tenants.length);
  }
  await hasten(world);
  return { ...world, tenants };
}

function modelOf(index: number): "shared" | "schema" | "database" {
  const place = (index * 37) % 100;
  if (place < percent.database) return "database";
  return place < percent.database + percent.schema ? "schema" : "shared";
}

async function hasten({ databaseUrl }: World): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ login: string }>(
      `select quote_ident(rolname) as login from pg_db_role_setting join pg_roles on pg_roles.oid = setrole
       where array_to_string(setconfig, ' ') like '%statement_timeout%'`,
    );
    for (const { login } of rows)
      await client.query(`alter role ${login} set statement_timeout = ${statementTimeoutMs}`);
    // Connections that are open have the old setting.
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hestia' and usename <> current_user",
    );
  });
}

/** Runs one; resolves with what it found, whatever that is. */
export async function soak(world: SoakWorld, options: SoakOptions): Promise<SoakResult> {
  return new Soak(world, options).run();
}

/** What a healthy soak leaves empty; a sentence for each thing that it did not. */
export function faultsOf(result: SoakResult): string[] {
  const { foreign, unscoped, unexpected, lost, connectionsSeenMax } = result;
  return [
    ...(foreign > 0 ? [`${foreign} rows were another tenant's`] : []),
    ...(unscoped > 0 ? [`${unscoped} statements ran without a scope`] : []),
    ...unexpected.map((message) => `nobody brought about: ${message}`),
    ...lost.map((message) => `did not come back: ${message}`),
    ...(connectionsSeenMax > connectionsMax ? [`${connectionsSeenMax} connections were open`] : []),
  ];
}

class Soak {
  readonly #world: SoakWorld;
  readonly #options: SoakOptions;
  readonly #pools: readonly pg.Pool[];
  readonly #errors: Record<string, number> = {};
  readonly #unexpected: string[] = [];
  readonly #samples: Sample[] = [];
  #statements = 0;
  #rows = 0;
  #foreign = 0;
  #outage: Pick<SoakResult, "restartMs" | "recoveryMs"> = {
    restartMs: undefined,
    recoveryMs: undefined,
  };

  constructor(world: SoakWorld, options: SoakOptions) {
    this.#world = world;
    this.#options = options;
    this.#pools = world.tenants.map((tenant) => world.hestia.pool(tenant));
  }

  async run(): Promise<SoakResult> {
    const { seed, statements } = this.#options;
    const begun = performance.now();
    const trouble = new Trouble(this.#world, new Random(seed - 1));
    const watching = this.#watch(trouble, statements);
    await Promise.all(
      Array.from({ length: callers }, (_, number) =>
        this.#call(new Random(seed * callers + number)),
      ),
    );
    const seconds = (performance.now() - begun) / 1000;
    await watching;
    const troubles = await trouble.stop();
    return {
      ...troubles,
      ...{ seed, connectionsMax, seconds, tenants: this.#world.tenants.length },
      ...{ statements: this.#statements, rows: this.#rows, foreign: this.#foreign },
      ...{ errors: this.#errors, unexpected: this.#unexpected, unscoped: this.#unscoped() },
      lost: await this.#lost(),
      ...this.#outage,
      heap: trendOf(this.#samples, "heapMb"),
      rss: trendOf(this.#samples, "rssMb"),
    };
  }

  async #call(random: Random): Promise<void> {
    while (this.#statements < this.#options.statements) {
      const at = random.below(this.#world.tenants.length);
      const [tenant, pool] = [this.#world.tenants[at] as Tenant, this.#pools[at] as pg.Pool];
      const act = random.pick(acts);
      try {
        await act({ tenant, pool, random, see: (rows) => this.#see(tenant, rows) });
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  #see(tenant: Tenant, rows: readonly object[]): void {
    this.#statements += 1;
    this.#rows += rows.length;
    for (const row of rows as { tenant_id?: string; customer?: string }[])
      if (row.tenant_id !== tenant.id || row.customer !== tenant.slug) this.#foreign += 1;
  }

  async #failed(error: unknown): Promise<void> {
    const code = codeOf(error);
    if (code === undefined) {
      if (this.#unexpected.length < 20) this.#unexpected.push(describe(error));
      return;
    }
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
    // Refused at once: the next try would be, too.
    if (code === "database_unavailable") await delay(20);
    else this.#statements += 1;
  }

  /** Samples the memory, has the server restarted midway, and notes when it answers again. */
  async #watch(trouble: Trouble, statements: number): Promise<void> {
    let sampledAt = 0;
    const each = Math.max(sampleEachMin, statements / samplesMax);
    while (this.#statements < statements) {
      if (this.#statements - sampledAt >= each) {
        sampledAt = this.#statements;
        this.#samples.push(sampleMemory(sampledAt));
        this.#options.onProgress?.(sampledAt);
      }
      if (this.#options.restarts !== false && this.#statements >= statements / 2)
        await this.#restart(trouble);
      await delay(20);
    }
    this.#samples.push(sampleMemory(this.#statements));
  }

  async #restart(trouble: Trouble): Promise<void> {
    if (this.#outage.restartMs !== undefined) return;
    const stopped = performance.now();
    await trouble.restart();
    const [started, before] = [performance.now(), this.#rows];
    while (this.#rows === before) await delay(5);
    this.#outage = { restartMs: started - stopped, recoveryMs: performance.now() - started };
  }

  /** Every tenant answers, in each of its ways, with all its rows and no others; and nothing is held any more. */
  async #lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const [at, tenant] of this.#world.tenants.entries())
      try {
        const deadline = performance.now() + recoveryMs;
        await untilAnswered(deadline, () => this.#greet(tenant, this.#pools[at] as pg.Pool));
      } catch (error) {
        lost.push(`${tenant.slug}: ${describe(error)}`);
      }
    for (const [name, { busy, waiting, open }] of Object.entries(this.#world.hestia.connections()))
      if (busy + waiting > 0 || open > connectionsMax)
        lost.push(`cluster ${name}: ${busy} busy, ${waiting} waiting, ${open} open`);
    return lost;
  }

  async #greet(tenant: Tenant, pool: pg.Pool): Promise<void> {
    const text = "select tenant_id, customer from orders where id <= 20";
    const answers = [
      await tenant.query(text),
      await tenant.transaction((tx) => tx.query(text)),
      await pool.query(text),
    ];
    for (const { rows } of answers) {
      this.#see(tenant, rows);
      if (rows.length !== 20) throw new Error(`it has ${rows.length} rows`);
    }
  }

  /** What a policy raises where no scope was entered. The library would answer it by another try, so the log is asked. */
  #unscoped(): number {
    const { logFile } = this.#world;
    return [logFile, `${logFile}.old`]
      .filter((file) => existsSync(file))
      .flatMap((file) => readFileSync(file, "utf8").match(/no tenant in scope/g) ?? []).length;
  }
}

/** Failures that acts and troubles bring about, by what they are called. */
const expected: Readonly<Record<string, string>> = {
  "22012": "division by zero",
  "42703": "unknown column",
  "23505": "duplicate key",
  "25P02": "aborted transaction",
  "57014": "cancelled or timed out",
  "57P01": "backend killed",
};

function codeOf(error: unknown): string | undefined {
  if (error instanceof ChangedMind) return "rolled back by the work";
  if (error instanceof CutOff) return "cursor cut off";
  if (error instanceof HestiaError)
    return error.code === "database_unavailable" ? error.code : undefined;
  return expected[(error as { code?: string }).code ?? ""];
}

/** A database that was lost is tried again after a moment only. */
async function untilAnswered(deadline: number, work: () => Promise<void>): Promise<void> {
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "database_unavailable" || performance.now() > deadline) throw error;
      await delay(50);
    }
}

function describe(error: unknown): string {
  const { code, stack } = error as { code?: string; stack?: string };
  return `${code ?? ""} ${stack ?? String(error)}`;
}
