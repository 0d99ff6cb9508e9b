// Many tenants on few connections, with everything that happens in a day: errors, aborted transactions,
// cancelled statements, killed connections. Whatever a tenant gets back is checked to be its own.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import type { Tenant } from "../src/index.ts";

/** What the crowd did and saw. */
export type Seen = {
  statements: number;
  rows: number;
  foreign: number;
  errors: number;
  unexpected: string[];
};

/** Gives every tenant rows that carry its slug. */
export async function settleIn(tenants: readonly Tenant[]): Promise<void> {
  for (const tenant of tenants) {
    await tenant.query(
      "insert into orders (id, note, amount) select g, $1, g from generate_series(1, 20) g on conflict do nothing",
      [tenant.slug],
    );
  }
}

/** Lets `callers` of them work at once until `statements` have been answered, and disturbs them now and then. */
export async function mingle(
  tenants: readonly Tenant[],
  { callers, statements, strike }: { callers: number; statements: number; strike(): void },
): Promise<Seen> {
  const seen: Seen = { statements: 0, rows: 0, foreign: 0, errors: 0, unexpected: [] };
  const caller = async (number: number) => {
    for (let turn = number; seen.statements < statements; turn += 1) {
      const tenant = tenants[(turn * 7 + number * 13) % tenants.length] as Tenant;
      const act = acts[turn % acts.length] as Act;
      if (turn % strikeEvery === 0) strike();
      try {
        await act(tenant, turn, (rows, sent) => check(seen, tenant, rows, sent));
      } catch (error) {
        seen.errors += 1;
        if (!expected(error)) seen.unexpected.push(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  return seen;
}

const strikeEvery = 10;

type Report = (rows: Record<string, unknown>[], sent?: number) => void;
type Act = (tenant: Tenant, turn: number, report: Report) => Promise<void>;

function check(seen: Seen, tenant: Tenant, rows: Record<string, unknown>[], sent = 1): void {
  seen.statements += sent;
  seen.rows += rows.length;
  for (const row of rows)
    if (row.note !== tenant.slug || row.tenant_id !== tenant.id) seen.foreign += 1;
}

const everyday: Act[] = [
  async (tenant, _, report) =>
    report((await tenant.query("select tenant_id, note from orders limit 30")).rows),
  async (tenant, turn, report) =>
    report(
      (await tenant.query("select tenant_id, note from orders where id = $1", [1 + (turn % 20)]))
        .rows,
    ),
  async (tenant, turn, report) =>
    report(
      (
        await tenant.query(
          "update orders set amount = $1 where id = $2 returning tenant_id, note",
          [turn, 1 + (turn % 20)],
        )
      ).rows,
    ),
  async (tenant, turn, report) => {
    await tenant.transaction(async (tx) => {
      report(
        (await tx.query("select tenant_id, note from orders where amount > $1", [turn % 10])).rows,
      );
      report((await tx.query("select tenant_id, note from orders order by id limit 3")).rows);
    });
  },
];

const mishaps: Act[] = [
  async (tenant) => void (await tenant.query("select 1 / 0 from orders")),
  async (tenant) => void (await tenant.query("select nonsense from orders")),
  async (tenant) => void (await tenant.query("insert into orders (id, note) values (1, 'x')")),
  async (tenant, turn, report) => {
    await tenant.transaction(async (tx) => {
      report(
        (
          await tx.query(
            "insert into orders (id, note) values ($1, $2) returning tenant_id, note",
            [1_000_000 + turn, tenant.slug],
          )
        ).rows,
      );
      throw new HestiaError("invalid_input");
    });
  },
  async (tenant, _, report) => {
    await tenant.transaction(async (tx) => {
      await tx.query("select 1 / 0").catch(() => {});
      report((await tx.query("select tenant_id, note from orders")).rows);
    });
  },
];

const acts: Act[] = [...everyday, ...everyday, ...everyday, ...mishaps];

const expectedStates = new Set([
  "22012",
  "42703",
  "23505",
  "25P02",
  "57014",
  "57P01",
  "08006",
  "08003",
]);

function expected(error: unknown): boolean {
  if (error instanceof HestiaError)
    return error.code === "invalid_input" || error.code === "database_unavailable";
  return expectedStates.has((error as { code?: string }).code ?? "");
}

/** Cancels a running statement of a database's tenants at each strike; every tenth kills a connection. */
export async function openDisturbance(superuserUrl: string, database: string) {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  let strikes = 0;
  let done = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    strike() {
      strikes += 1;
      const how = strikes % 10 === 0 ? "pg_terminate_backend" : "pg_cancel_backend";
      last = last
        .then(() =>
          client.query(
            `select ${how}(pid) from (select pid from pg_stat_activity where datname = $1 and usename like '%app%' and state <> 'idle' order by random() limit 1) x`,
            [database],
          ),
        )
        .then(({ rowCount }) => {
          done += rowCount ?? 0;
        });
    },
    /** How many statements and connections were hit. */
    async close(): Promise<number> {
      try {
        await last;
      } finally {
        await client.end();
      }
      return done;
    },
  };
}
