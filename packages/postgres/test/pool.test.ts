// The tenant's pool beside pg's own: the same calls, on a table of the same shape, must give the same answers.

import { text as readText } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { isolationModels } from "@hestia/core";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { withDatabase } from "../src/cluster/admin.ts";
import { perTenant, runWithTenant } from "../src/index.ts";
import { makeWorld, type World } from "./world.fixture.ts";

type Client = pg.PoolClient;
type Case = readonly [name: string, run: (pool: pg.Pool) => Promise<unknown>];

const shown = ({ command, rowCount, rows, fields }: pg.QueryResult) => ({
  command,
  rowCount,
  rows,
  fields: fields.map(({ name, dataTypeID, format }) => ({ name, dataTypeID, format })),
});

/** Held, and released whatever happens. */
async function withClient<T>(pool: pg.Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const failure = (error: unknown) => {
  const { code, severity, table, column, constraint, message } = error as pg.DatabaseError;
  return { code, severity, table, column, constraint, message };
};

const called = (start: (done: (error: unknown, result: pg.QueryResult) => void) => unknown) =>
  new Promise((resolve) => {
    const returned = start((error, result) =>
      resolve({ error: error ? failure(error) : error, result: result && shown(result), returned }),
    );
  });

const asking: Case[] = [
  ["a text", async (pool) => shown(await pool.query("select 1 as a, 'x' as b"))],
  [
    "values of many types",
    async (pool) =>
      shown(
        await pool.query(
          "select $1::int as i, $2::text as t, $3::timestamptz as d, $4::jsonb as j, $5::int[] as l, $6::bytea as y, $7::text as n",
          [1, "x", new Date(0), { a: [1] }, [1, 2], Buffer.from("é"), null],
        ),
      ),
  ],
  [
    "a config object",
    async (pool) => shown(await pool.query({ text: "select $1::int as a", values: [2] })),
  ],
  [
    "a config object with values beside it",
    async (pool) => shown(await pool.query({ text: "select $1::int as a" } as never, [3])),
  ],
  [
    "rows as arrays",
    async (pool) =>
      shown((await pool.query({ text: "select 1 as a, 2 as a", rowMode: "array" })) as never),
  ],
  [
    "a name, again and again",
    async (pool) => {
      const asked = { name: "mine", text: "select $1::int + 1 as a" };
      const results = [];
      for (const value of [1, 2, 3])
        results.push(shown(await pool.query({ ...asked, values: [value] })));
      return results;
    },
  ],
  [
    "type parsers of a query",
    async (pool) => {
      const types = { getTypeParser: () => (value: unknown) => `«${value}»` };
      return shown(await pool.query({ text: "select 1 as a, true as b", types }));
    },
  ],
  [
    "binary values",
    async (pool) =>
      shown(await pool.query({ text: "select $1::int as a", values: [7], binary: true } as never)),
  ],
  ["no rows", async (pool) => shown(await pool.query("select id, note from things where id < 0"))],
  [
    "a command without rows",
    async (pool) => shown(await pool.query("update things set note = 'b' where id = 1")),
  ],
  [
    "rows of a command",
    async (pool) =>
      shown(await pool.query("insert into things (id) values (101) returning id, note")),
  ],
  ["a callback", (pool) => called((done) => pool.query("select 1 as a", done as never))],
  [
    "values and a callback",
    (pool) => called((done) => pool.query("select $1::int as a", [1], done as never)),
  ],
  [
    "a failure by callback",
    (pool) => called((done) => pool.query("select 1 / 0 as a", done as never)),
  ],
  ["nothing", async (pool) => pool.query(undefined as never)],
  ["a syntax error", async (pool) => pool.query("select from where")],
  ["a missing table", async (pool) => pool.query("select * from nowhere")],
  [
    "a taken key",
    async (pool) => pool.query({ text: "insert into things (id) values ($1)", values: [1] }),
  ],
  ["a missing value", async (pool) => pool.query("insert into things (id) values (null)")],
  ["a broken check", async (pool) => pool.query("insert into things (id, n) values (102, -1)")],
  ["a value of another type", async (pool) => pool.query("select $1::int as a", ["x"])],
];

const holding: Case[] = [
  [
    "commit",
    (pool) =>
      withClient(pool, async (client) => {
        const answers = [
          shown(await client.query("BEGIN")),
          shown(await client.query("insert into things (id) values (201)")),
          shown(await client.query("COMMIT")),
        ];
        return [answers, (await client.query("select id from things where id = 201")).rows];
      }),
  ],
  [
    "roll back",
    (pool) =>
      withClient(pool, async (client) => {
        await client.query("start transaction isolation level serializable, read write;");
        await client.query("insert into things (id) values (202)");
        const end = shown(await client.query("rollback"));
        return [end, (await client.query("select id from things where id = 202")).rows];
      }),
  ],
  [
    "begin and end with nothing between",
    (pool) =>
      withClient(pool, async (client) => [
        shown(await client.query("begin")),
        shown(await client.query("set transaction isolation level repeatable read")),
        shown(await client.query("commit")),
        shown(await client.query("begin")),
        shown(await client.query("rollback")),
      ]),
  ],
  [
    "the isolation level of a transaction",
    (pool) =>
      withClient(pool, async (client) => {
        await client.query("BEGIN TRANSACTION");
        await client.query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        const inside = await client.query("select current_setting('transaction_isolation') as l");
        await client.query("COMMIT");
        const after = await client.query("select current_setting('transaction_isolation') as l");
        return [inside.rows, after.rows];
      }),
  ],
  [
    "nested savepoints",
    (pool) =>
      withClient(pool, async (client) => {
        await client.query("begin");
        await client.query("insert into things (id) values (203)");
        await client.query("savepoint a");
        await client.query("insert into things (id) values (204)");
        await client.query('savepoint "B b"');
        const taken = await client.query("insert into things (id) values (203)").catch(failure);
        await client.query('rollback to savepoint "B b"');
        await client.query("insert into things (id) values (205)");
        await client.query("rollback to a");
        await client.query("release savepoint a");
        await client.query("commit");
        const left = await client.query("select id from things where id between 203 and 205");
        return [taken, left.rows];
      }),
  ],
  [
    "an aborted transaction",
    (pool) =>
      withClient(pool, async (client) => {
        await client.query("begin");
        const first = await client.query("select 1 / 0").catch(failure);
        const second = await client.query("select 1").catch(failure);
        return [first, second, shown(await client.query("commit"))];
      }),
  ],
  [
    "statements asked for at once",
    (pool) =>
      withClient(pool, async (client) => {
        const answers = await Promise.all([
          client.query("begin"),
          client.query("insert into things (id) values (206)"),
          client.query("select id from things where id = 206"),
          client.query("rollback"),
          client.query("select id from things where id = 206"),
        ]);
        return answers.map(shown);
      }),
  ],
  [
    "the status of the transaction",
    (pool) =>
      withClient(pool, async (client) => {
        const status = () =>
          (client as unknown as { getTransactionStatus(): string }).getTransactionStatus();
        await client.query("select 1");
        const seen = [status()];
        await client.query("begin");
        await client.query("select 1");
        seen.push(status());
        await client.query("select 1 / 0").catch(() => {});
        await client.query("select 1").catch(() => {});
        seen.push(status());
        await client.query("rollback");
        return [...seen, status()];
      }),
  ],
  [
    "type parsers of a client",
    async (pool) => {
      const client = await pool.connect();
      client.setTypeParser(20, (value) => BigInt(value));
      const { rows } = await client.query("select 5::int8 as a");
      client.release(true);
      return typeof rows[0].a;
    },
  ],
  [
    "callbacks of a client",
    (pool) =>
      withClient(pool, (client) =>
        called((done) => client.query("select $1::int as a", [1], done as never)),
      ),
  ],
  [
    "connect by callback",
    (pool) =>
      new Promise((resolve) => {
        pool.connect((error, client, release) => {
          client?.query("select 1 as a", (_: Error, result: pg.QueryResult) => {
            release();
            resolve([error, shown(result)]);
          });
        });
      }),
  ],
  [
    "one name for two texts",
    (pool) =>
      withClient(pool, async (client) => {
        await client.query({ name: "one", text: "select 1" });
        await client.query({ name: "one", text: "select 2" });
      }),
  ],
];

const numbers = "select g as n from generate_series(1, 10) g";
const streaming: Case[] = [
  [
    "a cursor, to its end",
    (pool) =>
      withClient(pool, async (client) => {
        const cursor = client.query(new Cursor(numbers));
        const parts = [await cursor.read(4), await cursor.read(4), await cursor.read(4)];
        return [parts, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "a cursor, closed before its end",
    (pool) =>
      withClient(pool, async (client) => {
        const cursor = client.query(new Cursor("select id from things where id < $1", [50]));
        const some = await cursor.read(1);
        await cursor.close();
        return [some, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "a cursor that fails",
    (pool) =>
      withClient(pool, async (client) => {
        const cursor = client.query(
          new Cursor("select 1 / (n - 3) from (select generate_series(1, 9) as n) g"),
        );
        const failed = await cursor.read(9).catch(failure);
        return [failed, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "a cursor in a transaction",
    (pool) =>
      withClient(pool, async (client) => {
        await client.query("begin");
        await client.query("insert into things (id) values (301)");
        const cursor = client.query(new Cursor("select id from things where id = 301"));
        const rows = await cursor.read(5);
        await cursor.close();
        await client.query("rollback");
        return rows;
      }),
  ],
  [
    "a stream of rows",
    (pool) =>
      withClient(pool, async (client) => {
        const rows = [];
        for await (const row of client.query(new QueryStream(numbers, [], { batchSize: 3 })))
          rows.push(row);
        return [rows, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "a stream that is left",
    (pool) =>
      withClient(pool, async (client) => {
        const stream = client.query(new QueryStream(numbers, [], { batchSize: 2 }));
        for await (const row of stream) if (row.n === 3) break;
        await finished(stream, { cleanup: true }).catch(() => {});
        return (await client.query("select 1 as a")).rows;
      }),
  ],
  [
    "a stream that fails",
    (pool) =>
      withClient(pool, async (client) => {
        const read = async () => {
          for await (const _ of client.query(new QueryStream("select * from nowhere")));
        };
        const failed = await read().catch(failure);
        return [failed, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "COPY TO",
    (pool) =>
      withClient(pool, async (client) => {
        const stream = client.query(
          copyTo("copy (select id, note from things where id < 9 order by 1) to stdout csv"),
        );
        const copied = await readText(stream);
        return [copied, stream.rowCount, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "COPY TO of much",
    (pool) =>
      withClient(pool, async (client) => {
        const stream = client.query(
          copyTo("copy (select repeat('x', 1000) from generate_series(1, 20000)) to stdout"),
        );
        let bytes = 0;
        for await (const chunk of stream) bytes += chunk.length;
        return [bytes, (await client.query("select 1 as a")).rows];
      }),
  ],
  [
    "COPY TO that fails",
    (pool) =>
      withClient(pool, async (client) => {
        const failed = await readText(client.query(copyTo("copy nowhere to stdout"))).catch(
          failure,
        );
        return [failed, (await client.query("select 1 as a")).rows];
      }),
  ],
];

describe.each(isolationModels)("the pool of %s tenants", (model) => {
  let world: World;
  let raw: pg.Pool;
  let pool: pg.Pool;
  beforeAll(async () => {
    world = await makeWorld(inject("postgresUrl"), model, { connectionsMax: 2 });
    const table =
      "(id bigint, note text default 'a', n int, constraint things_pkey primary key (id), constraint things_n_check check (n > 0))";
    const { place, database } = world.attacker;
    const { superuser } = world;
    await superuser.query(`create schema plain; create table plain.things ${table}`);
    await superuser.query(`set role ${world.rolePrefix}_owner`);
    await superuser.query(
      `create table ${place}.things ${table}; select hestia.settle('${place}')`,
    );
    await superuser.query("reset role");
    raw = new pg.Pool({
      connectionString: withDatabase(world.clone.databaseUrl, database),
      max: 2,
      options: "-c search_path=plain",
    });
    pool = world.hestia.pool(world.attacker.id);
    for (const each of [raw, pool])
      await each.query("insert into things (id) select g from generate_series(1, 9) g");
  });
  afterAll(async () => {
    await raw?.end();
    await world?.close();
  });

  test.each([...asking, ...holding, ...streaming])("answers as pg does: %s", async (_, run) => {
    const answer = (of: pg.Pool) =>
      run(of).then(
        (value) => ({ value }),
        (error) => ({ failure: failure(error) }),
      );
    expect(await answer(pool)).toEqual(await answer(raw));
    expect(pool.totalCount).toBe(0);
  });

  test("is a pg.Pool, with its events and counts", async () => {
    expect(pool).toBeInstanceOf(pg.Pool);
    const heard: string[] = [];
    for (const event of ["acquire", "release"] as const)
      pool.on(event as "acquire", () => heard.push(event));
    const client = await pool.connect();
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 0, 0]);
    const rest = [pool.connect(), pool.connect()];
    await rest[0];
    expect(pool.waitingCount).toBe(1);
    client.release();
    for (const each of rest) (await each).release();
    expect(pool.totalCount).toBe(0);
    expect(heard.toSorted()).toEqual([...Array(3).fill("acquire"), ...Array(3).fill("release")]);
  });

  test("ends when what is held is released, and takes nothing more", async () => {
    const own = world.hestia.pool(world.attacker.tenant);
    const client = await own.connect();
    const ended = own.end();
    await expect(own.query("select 1")).rejects.toThrow("after calling end on the pool");
    await expect(own.connect()).rejects.toThrow("after calling end on the pool");
    await expect(own.end()).rejects.toThrow("more than once");
    client.release();
    await ended;
    expect(own.ended).toBe(true);
    expect((await pool.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("a client released in an open transaction leaves nothing of it", async () => {
    const client = await pool.connect();
    await client.query("begin");
    await client.query("insert into things (id) values (401)");
    client.release();
    expect((await pool.query("select id from things where id = 401")).rows).toEqual([]);
  });

  test("a released client answers nothing, and is released once", async () => {
    const client = await pool.connect();
    client.release();
    const other = await pool.connect();
    client.release();
    expect(pool.totalCount).toBe(1);
    other.release();
    await expect(client.query("select 1")).rejects.toThrow("Client was released");
  });

  test.each([
    "prepare mine as select 1",
    "set search_path = public",
    "commit and chain",
    "prepare transaction 'x'",
    "begin; select 1",
    "savepoint a; set role none",
    "commit /* */; drop table things",
    "set -- /*\nwork_mem = '77MB' /* /* */\ntransaction read only -- */",
    "commit -- /*\nand chain /* /* */\n -- */",
    "rollback to savepoint /* */ x -- */",
    `begin ${"/*a".repeat(50_000)}`,
    `begin ${";".repeat(100_000)}x`,
  ])("refuses what would outlive the scope: %s", async (text) => {
    await withClient(pool, async (client) => {
      await expect(client.query(text)).rejects.toMatchObject({ code: "statement_refused" });
      await client.query("begin");
      await expect(client.query(text)).rejects.toMatchObject({ code: "statement_refused" });
      expect(
        (await client.query("select count(*)::int as n from things where id < 10")).rows,
      ).toEqual([{ n: 9 }]);
      await client.query("rollback");
    });
  });

  test.each(["copy things from stdin", "copy things (id) from stdin csv"])(
    "names what to use instead of COPY FROM: %s",
    async (text) => {
      await withClient(pool, async (client) => {
        const stream = client.query(copyFrom(text));
        const failed = await new Promise((resolve) => stream.once("error", resolve));
        expect(failed).toMatchObject({
          code: "statement_refused",
          message: expect.stringContaining("tenant.load(table, rows)"),
        });
        expect((await client.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
      });
    },
  );

  test.each([
    ["a COPY stream", () => copyTo("select 1; set work_mem = '77MB'")],
    ["a COPY stream inwards", () => copyFrom("select 1; set work_mem = '77MB'")],
    ["a query of pg's own", () => new pg.Query("select 1; set work_mem = '77MB'")],
  ])("nothing is streamed that could be many statements: %s", async (_, make) => {
    const workMem = async () =>
      (await pool.query("select current_setting('work_mem') as m")).rows[0].m;
    const before = await workMem();
    const client = await pool.connect();
    const failed = await new Promise((resolve) => {
      const query = make() as unknown as NodeJS.EventEmitter;
      query.on("error", resolve);
      try {
        client.query(query as never);
      } catch (error) {
        resolve(error);
      }
    });
    expect(failed).toMatchObject({
      code: expect.stringMatching(/^(statement_refused|database_unavailable)$/),
    });
    client.release();
    for (let turn = 0; turn < 3; turn += 1) expect(await workMem()).toBe(before);
  });

  test("a bound on results holds after a cursor that failed, and within one", async () => {
    const large = "select repeat('x', 70000000) as a";
    await withClient(pool, async (client) => {
      await client
        .query(new Cursor("select 1 / 0"))
        .read(1)
        .catch(() => {});
    });
    for (let turn = 0; turn < 2; turn += 1)
      await expect(pool.query(large)).rejects.toMatchObject({ code: "result_too_large" });
    const client = await pool.connect();
    await expect(client.query(new Cursor(large)).read(1)).rejects.toThrow();
    client.release();
    expect((await pool.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("what still runs when its client is released goes with its connection", async () => {
    const pid = async (of: pg.Pool | Client) =>
      (await of.query("select pg_backend_pid() as pid")).rows[0].pid;
    const [first, second] = [await pool.connect(), await pool.connect()];
    const pids = [await pid(first), await pid(second)];
    const cursor = first.query(new Cursor("select id from things"));
    await cursor.read(1);
    const forgotten = second.query("select pg_sleep(20)").catch(failure);
    first.release();
    second.release();
    for (let turn = 0; turn < 4; turn += 1) expect(pids).not.toContain(await pid(pool));
    await forgotten;
  });

  test("a cursor is not asked of the pool itself", async () => {
    await expect(pool.query(new Cursor("select 1") as never)).rejects.toMatchObject({
      code: "statement_refused",
    });
  });

  test("COPY carries one statement and no more", async () => {
    await withClient(pool, async (client) => {
      const stream = client.query(copyTo("copy (select 1) to stdout; set role none"));
      await expect(readText(stream)).rejects.toMatchObject({ code: "42601" });
    });
  });

  test("cursors and streams see their tenant's rows alone", async () => {
    const text = `select note from ${world.victim.place}.orders`;
    const own = await world.attacker.tenant.query(text).then(
      ({ rowCount }) => rowCount,
      () => 0,
    );
    await withClient(pool, async (client) => {
      const rows = await client
        .query(new Cursor(text))
        .read(1000)
        .catch(() => []);
      expect(rows.length).toBe(own);
      const copied = await readText(client.query(copyTo(`copy (${text}) to stdout`))).catch(
        () => "",
      );
      expect(copied.split("\n").length - 1).toBe(own);
      expect(copied).not.toContain("SECRET");
    });
  });

  test("a suspension is felt by the next statement of a held client", async () => {
    const partition = { id: world.attacker.id, isolation: model };
    const client = await pool.connect();
    await client.query("begin");
    await client.query("select 1 from things");
    await world.cluster.setState(partition, "suspended");
    await expect(client.query("select 1 from things")).rejects.toMatchObject({
      code: "tenant_suspended",
    });
    await client.query("rollback");
    const cursor = client.query(new Cursor("select 1 from things"));
    await expect(cursor.read(1)).rejects.toMatchObject({ code: "tenant_suspended" });
    client.release();
    await world.cluster.setState(partition, "active");
    await expect
      .poll(() =>
        pool.query("select 1 as a").then(
          ({ rows }) => rows,
          () => [],
        ),
      )
      .toEqual([{ a: 1 }]);
  });

  test("the ambient pool follows the context, and a client stays with its tenant", async () => {
    const ambient = world.hestia.ambientPool();
    await expect(ambient.query("select 1")).rejects.toMatchObject({ code: "context_missing" });
    const whose = async (client: { query(text: string): Promise<pg.QueryResult> }) =>
      (await client.query("select hestia.tenant_id() as id")).rows[0].id;
    const [attacker, victim] = [world.attacker.tenant, world.victim.tenant];
    const held = await runWithTenant(attacker, () => ambient.connect());
    expect(await runWithTenant(victim, () => whose(held))).toBe(attacker.id);
    held.release();
    expect(await runWithTenant(victim, () => whose(ambient))).toBe(victim.id);
  });

  test("a query that starts when it is awaited starts as the tenant it was made for", async () => {
    const ambient = world.hestia.ambientPool();
    const [attacker, victim] = [world.attacker.tenant, world.victim.tenant];
    const lazy = (text: string) => ({
      // biome-ignore lint/suspicious/noThenProperty: query builders have one.
      then: (...heard: Parameters<Promise<pg.QueryResult>["then"]>) =>
        ambient.query(text).then(...heard),
    });
    const asVictim = runWithTenant(victim, () => lazy("select hestia.tenant_id() as id"));
    const { rows } = await runWithTenant(attacker, async () => asVictim);
    expect(rows).toEqual([{ id: victim.id }]);
    const failing = runWithTenant(victim, () => lazy("select 1 / 0"));
    await expect(failing).rejects.toMatchObject({ code: "22012" });
  });

  test("what is kept per tenant is given to no other, and of too many the oldest is made anew", () => {
    const [attacker, victim] = [world.attacker.tenant, world.victim.tenant];
    const made: string[] = [];
    const make = ({ id }: { id: string }) => {
      made.push(id);
      return { id };
    };
    const several = perTenant(make);
    expect(runWithTenant(attacker, () => several())).toBe(several(attacker));
    expect(several(victim)).toEqual({ id: victim.id });
    expect(() => several()).toThrow(expect.objectContaining({ code: "context_missing" }));
    expect(made).toEqual([attacker.id, victim.id]);
    const one = perTenant(make, { max: 1 });
    const first = one(attacker);
    one(victim);
    expect(one(attacker)).not.toBe(first);
  });
});
