// A tenant's pool against a plain model of it: whatever clients of several tenants do in whatever order, each sees what
// its tenant committed and what it wrote itself, and nothing that was rolled back, aborted or another tenant's.

import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Member, makeWorld, type World } from "./world.fixture.ts";

const slots = 3;
let world: World;
let members: Member[];
let pools: pg.Pool[];
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "shared", {
    // One is kept for who has none, and one is used beside what is held.
    connectionsMax: slots + 2,
  });
  members = [
    world.attacker,
    world.victim,
    await world.add("schema", "model-schema"),
    await world.add("database", "model-database"),
  ];
  pools = members.map(({ id }) => world.hestia.pool(id));
});
afterAll(() => world?.close());

/** A transaction as it should be: what it added, what its savepoints remember, whether it failed. */
type Transaction = { added: Set<number>; saved: Set<number>[]; failed: boolean };
type Held = { tenant: number; client: pg.PoolClient; transaction?: Transaction | undefined };
type State = { committed: Set<number>[]; held: (Held | undefined)[]; next: number };
type Step = { readonly does: keyof typeof acts; readonly slot: number; readonly tenant: number };

const seen = async (asked: { query(text: string): Promise<pg.QueryResult> }) =>
  (await asked.query("select id::int as id from scratch order by id")).rows.map(({ id }) => id);
const sorted = (...sets: Set<number>[]) =>
  sets.flatMap((set) => [...set]).toSorted((a, b) => a - b);

/** Sends it on a held client; in a failed transaction it fails, whatever it is. */
async function on(held: Held, text: string): Promise<boolean> {
  const failed = held.transaction?.failed ?? false;
  const sent = held.client.query(text);
  if (failed) await expect(sent).rejects.toMatchObject({ code: "25P02" });
  else await sent;
  return !failed;
}

const acts = {
  connect: async (state: State, { slot, tenant }: Step) => {
    state.held[slot] ??= { tenant, client: await (pools[tenant] as pg.Pool).connect() };
  },
  release: async (state: State, { slot }: Step) => {
    state.held[slot]?.client.release();
    state.held[slot] = undefined;
  },
  insert: async (state: State, { slot }: Step) => {
    const held = state.held[slot];
    if (!held) return;
    const id = state.next++;
    if (!(await on(held, `insert into scratch (id) values (${id})`))) return;
    (held.transaction?.added ?? (state.committed[held.tenant] as Set<number>)).add(id);
  },
  insertByPool: async (state: State, { tenant }: Step) => {
    const id = state.next++;
    await (pools[tenant] as pg.Pool).query("insert into scratch (id) values ($1)", [id]);
    state.committed[tenant]?.add(id);
  },
  look: async (state: State, { slot }: Step) => {
    const held = state.held[slot];
    if (!held || held.transaction?.failed) return;
    const own = held.transaction?.added ?? new Set();
    expect(await seen(held.client)).toEqual(
      sorted(state.committed[held.tenant] as Set<number>, own),
    );
  },
  lookByPool: async (state: State, { tenant }: Step) => {
    expect(await seen(pools[tenant] as pg.Pool)).toEqual(
      sorted(state.committed[tenant] as Set<number>),
    );
  },
  begin: async (state: State, { slot }: Step) => {
    const held = state.held[slot];
    if (!held || held.transaction) return;
    await held.client.query("begin");
    held.transaction = { added: new Set(), saved: [], failed: false };
  },
  commit: async (state: State, { slot }: Step) => {
    const held = state.held[slot];
    if (!held?.transaction) return;
    const { added, failed } = held.transaction;
    held.transaction = undefined;
    expect((await held.client.query("commit")).command).toBe(failed ? "ROLLBACK" : "COMMIT");
    if (!failed) for (const id of added) state.committed[held.tenant]?.add(id);
  },
  rollback: async (state: State, { slot }: Step) => {
    const held = state.held[slot];
    if (!held?.transaction) return;
    held.transaction = undefined;
    await held.client.query("rollback");
  },
  savepoint: async (state: State, { slot }: Step) => {
    const { transaction, client } = state.held[slot] ?? {};
    if (!transaction || transaction.failed) return;
    await client?.query(`savepoint s${transaction.saved.length}`);
    transaction.saved.push(new Set(transaction.added));
  },
  rollbackTo: async (state: State, { slot }: Step) => {
    const { transaction, client } = state.held[slot] ?? {};
    const saved = transaction?.saved.at(-1);
    if (!transaction || !saved) return;
    await client?.query(`rollback to savepoint s${transaction.saved.length - 1}`);
    Object.assign(transaction, { added: new Set(saved), failed: false });
  },
  fail: async (state: State, { slot }: Step) => {
    const held = state.held[slot];
    if (!held) return;
    const code = held.transaction?.failed ? "25P02" : "22012";
    await expect(held.client.query("select 1 / 0")).rejects.toMatchObject({ code });
    if (held.transaction) held.transaction.failed = true;
  },
} as const;

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])),
  slot: fc.nat(slots - 1),
  tenant: fc.nat(3),
});

test("clients and pools of many tenants do what the model does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      for (const pool of pools) await pool.query("delete from scratch");
      const state: State = {
        committed: members.map(() => new Set()),
        held: Array(slots).fill(undefined),
        next: 1,
      };
      try {
        for (const each of steps) await acts[each.does](state, each);
      } finally {
        for (const held of state.held) held?.client.release();
      }
      for (const [tenant, pool] of pools.entries())
        expect(await seen(pool)).toEqual(sorted(state.committed[tenant] as Set<number>));
    }),
    { numRuns: 40 },
  );
}, 120_000);
