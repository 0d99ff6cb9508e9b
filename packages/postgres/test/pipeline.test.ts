// Several statements in flight on one connection, of one or many tenants: each in its own scope and transaction, each with
// an outcome of its own, and none kept waiting by what it was sent behind.

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ConnectOptions, connect, type Hestia, type Tenant } from "../src/index.ts";
import { makeWorld, type World } from "./world.fixture.ts";

let world: World;
const slugs = ["attacker", "victim", "third"];
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "shared");
  await world.add("shared", "third");
});
afterAll(() => world?.close());

const quick = "select hestia.tenant_id() as id, pg_backend_pid() as pid";
const long = "select repeat('x', $1) as r";
const sleep = "select pg_sleep($1), pg_backend_pid() as pid";

/** Tenants on few connections, on each of which these statements are known to be quick. */
async function pipelined(
  options: Partial<ConnectOptions>,
  known: readonly (readonly [string, unknown[]])[],
  work: (tenants: readonly [Tenant, Tenant, Tenant], hestia: Hestia) => Promise<void>,
): Promise<void> {
  const { directoryUrl: databaseUrl, secretKey } = world.clone;
  const limits = { connectionsMax: 1, pipelineMax: 4, ...options };
  const hestia = await connect({ databaseUrl, secretKey, ...limits });
  try {
    const tenants = await Promise.all(slugs.map((slug) => hestia.tenant(slug)));
    const [first] = tenants as [Tenant];
    for (const tenant of tenants) await tenant.query("select 1");
    for (const [text, values] of [[quick, []] as const, ...known])
      for (let round = 0; round < 5; round += 1)
        await Promise.all(
          Array.from({ length: limits.connectionsMax }, () => first.query(text, values)),
        );
    await work(tenants as never, hestia);
  } finally {
    await hestia.close();
  }
}

const inFlight = (hestia: Hestia) =>
  (hestia.connections().default?.tenants ?? []).reduce((sum, { active }) => sum + active, 0);

const outcomes = (asked: readonly Promise<unknown>[]) =>
  Promise.all(
    asked.map((each) =>
      each.then(
        () => "answered",
        (error: { code?: string }) => error.code,
      ),
    ),
  );

/** Asks until all are in flight at once: on a busy machine what is quick may not look so. */
async function together(
  hestia: Hestia,
  count: number,
  ask: () => Promise<Promise<unknown>[]>,
  undo = async () => {},
): Promise<{ asked: Promise<unknown>[]; outcomes: Promise<unknown[]> }> {
  for (;;) {
    const asked = await ask();
    const answered = outcomes(asked);
    if (inFlight(hestia) === count) return { asked, outcomes: answered };
    await undo();
    await answered;
  }
}

test("as many as may be are in flight on one connection, each in the scope of its own tenant", () =>
  pipelined({ pipelineMax: 2 }, [], async (tenants, hestia) => {
    const asked = Array.from({ length: 30 }, (_, index) => {
      const tenant = tenants[index % 3] as Tenant;
      return tenant.query(quick).then(({ rows }) => rows[0]?.id === tenant.id);
    });
    expect(inFlight(hestia)).toBe(2);
    expect(await Promise.all(asked)).toEqual(Array(30).fill(true));
    expect(hestia.connections().default).toMatchObject({ open: 1, busy: 0, waiting: 0 });
  }));

test("a tenant that is alone has all of it", () =>
  pipelined({ connectionsMax: 2 }, [], async ([tenant], hestia) => {
    await tenant.query("select 1");
    const asked = Array.from({ length: 8 }, () => tenant.query(quick));
    expect(inFlight(hestia)).toBeGreaterThan(1);
    await Promise.all(asked);
  }));

test("an error, a refusal or a new key is its own statement's alone", () =>
  pipelined({}, [["select 1 / $1::int", [1]]], async ([a, b, c]) => {
    await world.cluster.setState({ id: b.id, isolation: "shared" }, "readonly");
    await world.superuser.query("delete from hestia.scopes where tenant_id = $1", [c.id]);
    try {
      const write = "insert into scratch (id) values ($1)";
      const asked = [
        ...[a.query("select 1 / $1::int", [0]), a.query(write, [1]), b.query(write, [1])],
        ...[c.query(write, [1]), a.query(write, [1]), c.query(quick), b.query(quick)],
      ];
      expect(await outcomes(asked)).toEqual([
        ...["22012", "answered", "tenant_readonly"],
        ...["answered", "23505", "answered", "answered"],
      ]);
      expect((await a.query("select from scratch where id = 1")).rowCount).toBe(1);
    } finally {
      await world.cluster.setState({ id: b.id, isolation: "shared" }, "active");
    }
  }));

test("a text that is new to the connection is asked by many at once", () =>
  pipelined({}, [], async (tenants) => {
    const asked = Array.from({ length: 20 }, (_, index) =>
      (tenants[index % 3] as Tenant).query("select count(*)::int as n, 'new' from customers"),
    );
    for (const [index, { rows }] of (await Promise.all(asked)).entries())
      expect(rows[0]?.n).toBe(index % 3 === 2 ? 0 : 5);
  }));

test("plans that turn stale while several are in flight are made anew for each", () =>
  pipelined({}, [["select * from customers", []]], async ([a, b]) => {
    await world.superuser.query("alter table app.customers add column more text");
    const asked = [a, b, a, b, a, b].map((tenant) => tenant.query("select * from customers"));
    for (const { rows } of await Promise.all(asked)) expect(rows[0]).toHaveProperty("more");
    await world.superuser.query("alter table app.customers drop column more");
    expect((await a.query("select * from customers")).rows[0]).not.toHaveProperty("more");
  }));

test("a killed connection fails all that are in flight on it, and the next ones are answered", () =>
  pipelined({}, [], async ([a, b, c], hestia) => {
    let pid: unknown;
    const asked = await together(hestia, 3, async () => {
      for (let round = 0; round < 5; round += 1) pid = (await a.query(sleep, [0])).rows[0]?.pid;
      return [a.query(sleep, [0.04]), b.query(quick), c.query(quick)];
    });
    await world.superuser.query("select pg_terminate_backend($1)", [pid]);
    expect(await asked.outcomes).toEqual(Array(3).fill("database_unavailable"));
    expect(await outcomes([a.query(quick), b.query(quick)])).toEqual(["answered", "answered"]);
  }));

test("who is in flight behind a result that is too large hears only that the connection is lost", () =>
  pipelined({ resultBytesMax: 100_000 }, [], async ([a, b], hestia) => {
    let told: unknown[];
    do {
      const asked = await together(hestia, 2, async () => {
        for (let round = 0; round < 5; round += 1) await a.query(long, [1]);
        return [a.query(long, [1_000_000]), b.query(quick)];
      });
      told = await asked.outcomes;
      // Where the server was slow to make it, it was sent again by itself.
    } while (told[1] === "answered");
    expect(told).toEqual(["result_too_large", "database_unavailable"]);
    expect((await b.query(quick)).rows[0]?.id).toBe(b.id);
  }));

test("results that are together larger than one may be are given", () =>
  pipelined({ resultBytesMax: 100_000 }, [[long, [1]]], async (tenants) => {
    const asked = Array.from({ length: 40 }, (_, index) =>
      (tenants[index % 3] as Tenant).query(long, [90_000]),
    );
    for (const { rows } of await Promise.all(asked)) expect(rows[0]?.r).toHaveLength(90_000);
  }));

test("nothing is in flight behind a statement that may end its connection by COPY", () =>
  pipelined({}, [], async ([a, b]) => {
    await world.superuser.query(`create view app.inview as select 1 as a;
      create function app.swallow() returns trigger language plpgsql as 'begin return null; end';
      create trigger t instead of insert on app.inview for each row execute function app.swallow();
      grant insert, select on app.inview to ${world.rolePrefix}_app`);
    for (let round = 0; round < 3; round += 1)
      expect(await outcomes([a.query("copy app.inview from stdin"), b.query(quick)])).toEqual([
        "statement_refused",
        "answered",
      ]);
  }));

describe("a slow statement", () => {
  test("has nobody behind it while another connection is free, or when it was slow before", () =>
    pipelined({ connectionsMax: 2 }, [[sleep, [0]]], async ([a, b]) => {
      const slow = a.query(sleep, [0.5]);
      const pids = new Set<unknown>();
      for (let round = 0; round < 20; round += 1) pids.add((await b.query(quick)).rows[0]?.pid);
      expect(pids).not.toContain((await slow).rows[0]?.pid);
      const again = [a.query(sleep, [0.5]), a.query(sleep, [0.5])];
      const waiting = b.query(quick).then(({ rows }) => rows[0]?.pid);
      await Promise.all([...again, waiting]);
    }));

  test("that was quick before keeps nobody waiting behind it, and runs once, alone", () =>
    pipelined({}, [], async ([a, b, c], hestia) => {
      const write =
        "with s as (select from orders where id = 1 for update) insert into scratch select $1 from s";
      let id = 200;
      const unlock = async () => void (await world.superuser.query("rollback"));
      const slow = async () => {
        for (const end = id + 5; id < end; id += 1) await a.query(write, [id]);
        await world.superuser.query("begin");
        await world.superuser.query("update app.orders set amount = 7 where id = 1");
        return [a.query(write, [id]), b.query(quick), c.query(quick)];
      };
      const { asked } = await together(hestia, 3, slow, unlock);
      expect(await outcomes(asked.slice(1))).toEqual(["answered", "answered"]);
      await unlock();
      expect(((await asked[0]) as { rowCount: number }).rowCount).toBe(1);
      expect((await a.query("select from scratch where id = $1", [id])).rowCount).toBe(1);
    }));

  test("that waits for a lock keeps nobody waiting behind it", () =>
    pipelined({}, [], async ([a, b], hestia) => {
      const update = "update orders set amount = $1 where id = 1";
      const lock = async () => {
        for (let round = 0; round < 5; round += 1) await a.query(update, [round]);
        await world.superuser.query("begin");
        await world.superuser.query("update app.orders set amount = 7 where id = 1");
        return [a.query(update, [8]), b.query(quick)];
      };
      const unlock = async () => void (await world.superuser.query("rollback"));
      const { asked } = await together(hestia, 2, lock, unlock);
      expect(await outcomes(asked.slice(1))).toEqual(["answered"]);
      await unlock();
      expect(await outcomes(asked)).toEqual(["answered", "answered"]);
    }));
});

test("a transaction gets its connection while statements keep coming", () =>
  pipelined({}, [], async ([a, b, c], hestia) => {
    let answered = 0;
    let going = true;
    const coming = Array.from({ length: 16 }, async (_, index) => {
      for (; going; answered += 1) await ((index % 2 === 0 ? a : b) as Tenant).query(quick);
    });
    for (let round = 0; round < 20; round += 1) {
      await expect.poll(() => inFlight(hestia), { interval: 1 }).toBe(2);
      const before = answered;
      const id = await c.transaction(async (tx) => (await tx.query(quick)).rows[0]?.id);
      expect(id).toBe(c.id);
      expect(answered - before).toBeLessThan(10);
    }
    going = false;
    await Promise.all(coming);
  }));

test("through another address, which may be a pooler's, one statement at a time is in flight", async () => {
  const { hostname: host, port } = new URL(world.clone.databaseUrl);
  await pipelined(
    { clusters: { default: { host, port: Number(port) } } },
    [],
    async ([a, b], hestia) => {
      const asked = [a.query(quick), b.query(quick), a.query(quick)];
      expect(inFlight(hestia)).toBe(1);
      await Promise.all(asked);
    },
  );
});
