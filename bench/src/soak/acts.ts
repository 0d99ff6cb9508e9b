// What tenants do all day: statements, transactions and cursors, of which some fail. Every row that comes back is checked
// to be the asking tenant's own, by its tenant_id and by what the tenant wrote into it.

import type { Tenant } from "@hestia/postgres";
import type pg from "pg";
import Cursor from "pg-cursor";
import type { Random } from "./random.ts";

/** Rows that each tenant has, numbered from 1. */
const rowsEach = 20;

/** One who does something: as whom, by chance, and whom to tell what came back. */
type Actor = {
  readonly tenant: Tenant;
  readonly pool: pg.Pool;
  readonly random: Random;
  /** Rows of one statement, checked and counted. */
  see(rows: readonly object[]): void;
};

type Act = (actor: Actor) => Promise<unknown>;
type Row = { readonly tenant_id: string; readonly customer: string };

const own = "tenant_id, customer";

/** Thrown by an act to have its transaction rolled back. */
export class ChangedMind extends Error {}

/** Thrown by an act whose cursor's connection was lost. */
export class CutOff extends Error {}

const anyId = ({ random }: Actor) => 1 + random.below(rowsEach);
/** Beside the rows that stay. */
const newId = ({ random }: Actor) => 1_000 + random.below(1_000_000_000);

async function one(actor: Actor, text: string, values: unknown[] = []): Promise<void> {
  actor.see((await actor.tenant.query<Row>(text, values)).rows);
}

const read: Act = (actor) => one(actor, `select ${own} from orders where id = $1`, [anyId(actor)]);
const list: Act = (actor) =>
  one(actor, `select ${own} from orders order by created_at desc limit 10`);
const join: Act = (actor) =>
  one(actor, "select a.tenant_id, b.customer from orders a join orders b using (amount)");
const change: Act = (actor) =>
  one(actor, `update orders set amount = $1 where id = $2 returning ${own}`, [
    actor.random.below(1_000),
    anyId(actor),
  ]);
const addAndRemove: Act = async (actor) => {
  const id = newId(actor);
  const values = [id, actor.tenant.slug];
  await one(
    actor,
    `insert into orders (id, customer, status, amount) values ($1, $2, 'new', 1) returning ${own}`,
    values,
  );
  await one(actor, `delete from orders where id = $1 returning ${own}`, [id]);
};

const transact: Act = (actor) =>
  actor.tenant.transaction(async (tx) => {
    const see = async (text: string, values: unknown[]) =>
      actor.see((await tx.query<Row>(text, values)).rows);
    await see(`select ${own} from orders where amount > $1`, [actor.random.below(20)]);
    await see(`update orders set status = 'paid' where id = $1 returning ${own}`, [anyId(actor)]);
    if (actor.random.below(4) === 0)
      await tx.savepoint(() => tx.query("select 1 / 0 from orders")).catch(rethrowUnlessZero);
    await see(`select ${own} from orders where id <= $1`, [3]);
    if (actor.random.below(8) === 0) throw new ChangedMind();
  });

const rethrowUnlessZero = (error: { code?: string }) => {
  if (error.code !== "22012") throw error;
};

/** A transaction that goes on after a failure is over, and what it did is undone. */
const insist: Act = (actor) =>
  actor.tenant.transaction(async (tx) => {
    await tx.query("select 1 / 0").catch(() => {});
    actor.see((await tx.query<Row>(`select ${own} from orders`)).rows);
  });

const poolQuery: Act = async (actor) =>
  actor.see(
    (await actor.pool.query(`select ${own} from orders where id > $1`, [actor.random.below(15)]))
      .rows,
  );

/** Reads by a cursor, to its end or not, in a transaction or not; releases an open transaction at times. */
const cursor: Act = async (actor) => {
  const { random, pool } = actor;
  const [inTransaction, leavesOpen] = [random.below(3) === 0, random.below(10) === 0];
  const client = await pool.connect();
  // A cursor of pg-cursor that is at its end, or being closed, does not hear that its connection is lost.
  const lost = new Promise<never>((_, reject) => client.once("end", () => reject(new CutOff())));
  lost.catch(() => {});
  let failure: Error | undefined;
  try {
    if (inTransaction) await client.query("begin");
    const rows = client.query(new Cursor<Row>(`select ${own} from orders order by id`));
    for (let part = 0; part <= random.below(4); part += 1)
      actor.see(await Promise.race([rows.read(7), lost]));
    await Promise.race([rows.close(), lost]);
    actor.see((await client.query(`select ${own} from orders limit 2`)).rows);
    if (inTransaction && !leavesOpen) await client.query("commit");
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    client.release(failure !== undefined && random.below(2) === 0 ? failure : undefined);
  }
};

const divide: Act = (actor) => one(actor, "select 1 / 0 from orders");
const misspell: Act = (actor) => one(actor, "select nonsense from orders");
const collide: Act = (actor) =>
  one(actor, "insert into orders (id, customer, status, amount) values (1, 'x', 'new', 1)");
/** Longer than the server lets a statement run. */
const oversleep: Act = (actor) => one(actor, `select ${own}, pg_sleep(60) from orders limit 1`);
/** Long enough for somebody to cancel or kill it. */
const nap: Act = (actor) => one(actor, `select ${own}, pg_sleep(0.01) from orders limit 1`);

/** What is done how often. */
export const acts: readonly { readonly weight: number; readonly item: Act }[] = [
  { weight: 300, item: read },
  { weight: 120, item: list },
  { weight: 40, item: join },
  { weight: 120, item: change },
  { weight: 60, item: addAndRemove },
  { weight: 100, item: transact },
  { weight: 10, item: insist },
  { weight: 80, item: poolQuery },
  { weight: 60, item: cursor },
  { weight: 15, item: divide },
  { weight: 15, item: misspell },
  { weight: 15, item: collide },
  { weight: 10, item: nap },
  { weight: 0.3, item: oversleep },
];

/** Gives a tenant the rows that it will look for. */
export async function settleIn(tenant: Tenant): Promise<void> {
  await tenant.query(
    `insert into orders (id, customer, status, amount)
     select g, $1, 'new', g from generate_series(1, $2::int) g`,
    [tenant.slug, rowsEach],
  );
}
