// The one-round-trip statement: values and rows as pg gives them, errors that leave the connection usable,
// prepared statements that are bounded and follow a changing schema.

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Tenant } from "../src/index.ts";
import { makeWorld, type World } from "./world.fixture.ts";

let world: World;
let tenant: Tenant;
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "shared", { connectionsMax: 1 });
  tenant = world.attacker.tenant;
});
afterAll(() => world?.close());

describe("a statement", () => {
  test("takes values of every kind and gives rows as pg does", async () => {
    const at = new Date("2026-01-02T03:04:05.678Z");
    const { rows, fields, rowCount, command } = await tenant.query(
      "select $1::int as i, $2::text as t, $3::jsonb as j, $4::timestamptz as at, $5::int[] as list, $6::bytea as bytes, $7::text as nothing, $8::boolean as yes",
      [1, "ü'\"\\", { a: [1] }, at, [1, 2], Buffer.from("ab"), null, true],
    );
    expect(rows).toEqual([
      {
        i: 1,
        t: "ü'\"\\",
        j: { a: [1] },
        at,
        list: [1, 2],
        bytes: Buffer.from("ab"),
        nothing: null,
        yes: true,
      },
    ]);
    expect(fields.map((field) => field.name)).toEqual([
      "i",
      "t",
      "j",
      "at",
      "list",
      "bytes",
      "nothing",
      "yes",
    ]);
    expect([rowCount, command]).toEqual([1, "SELECT"]);
  });

  test("gives rows as arrays when asked, also from a plan that is known", async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      expect(
        (await tenant.query({ text: "select 1 as a, 2 as b", rowMode: "array" })).rows,
      ).toEqual([[1, 2]]);
      expect((await tenant.query("select 1 as a, 2 as b")).rows).toEqual([{ a: 1, b: 2 }]);
    }
  });

  test("takes the caller's type parsers", async () => {
    const types = { getTypeParser: () => (text: string) => `<${text}>` } as never;
    for (let turn = 0; turn < 2; turn += 1)
      expect((await tenant.query({ text: "select 1 as a", types })).rows).toEqual([{ a: "<1>" }]);
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("reports how many rows it wrote", async () => {
    expect((await tenant.query("update orders set amount = amount where id <= 7")).rowCount).toBe(
      7,
    );
  });

  test.each([
    ["a syntax error", "select from where", "42601"],
    ["an unknown column", "select nonsense from orders", "42703"],
    ["an error midway", "select 1 / (id - 3) from orders order by id", "22012"],
    ["a taken key", "insert into orders (id) values (1)", "23505"],
    ["two statements", "select 1; select 2", "42601"],
  ])("%s is pg's own error, and the next statement works", async (_, text, code) => {
    await expect(tenant.query(text)).rejects.toMatchObject({ code });
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("a value that cannot be sent is refused before anything is", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    await expect(tenant.query("select $1::jsonb", [circular])).rejects.toMatchObject({
      code: "statement_refused",
    });
    expect((await tenant.query("select $1::int as a", [5])).rows).toEqual([{ a: 5 }]);
  });

  test("too few values is PostgreSQL's error", async () => {
    await expect(tenant.query("select $1::int, $2::int", [1])).rejects.toMatchObject({
      code: "08P01",
    });
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("COPY FROM is refused and COPY TO gives nothing away, and the connection goes on", async () => {
    await expect(tenant.query("copy orders from stdin")).rejects.toMatchObject({
      code: "statement_refused",
      message: expect.stringContaining("use tenant.load(table, rows)"),
    });
    expect(
      (await tenant.query("copy (select id from orders where id <= 2) to stdout")).rowCount,
    ).toBe(2);
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("COPY FROM on a view with a trigger, which PostgreSQL would take, does not hold the connection", async () => {
    await world.superuser.query(`create view app.inview as select 1 as a;
      create function app.swallow() returns trigger language plpgsql as 'begin return null; end';
      create trigger t instead of insert on app.inview for each row execute function app.swallow();
      grant insert, select on app.inview to ${world.rolePrefix}_app`);
    await expect(tenant.query("copy app.inview from stdin")).rejects.toMatchObject({
      code: "statement_refused",
    });
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test.each([
    ["one value", "select repeat('x', 600 * 1024 * 1024) as r"],
    ["many rows", "select repeat('x', 1000) as r from generate_series(1, 3000000)"],
  ])("a result too large for the process is cut off: %s", async (_, text) => {
    await expect(tenant.query(text)).rejects.toMatchObject({ code: "result_too_large" });
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("a statement whose table changes is planned anew", async () => {
    const read = () => tenant.query("select * from scratch");
    await tenant.query("insert into scratch (id) values (1)");
    expect(Object.keys((await read()).rows[0] ?? {})).toEqual(["id", "tenant_id"]);
    await world.superuser.query("alter table app.scratch add column more text default 'x'");
    expect((await read()).rows[0]).toMatchObject({ id: "1", more: "x" });
    await world.superuser.query("alter table app.scratch drop column more");
    expect(Object.keys((await read()).rows[0] ?? {})).toEqual(["id", "tenant_id"]);
  });

  test("prepared statements on a connection are bounded", async () => {
    for (let number = 0; number < 400; number += 1) await tenant.query(`select ${number} as n`);
    for (let number = 0; number < 30; number += 1)
      await tenant.query(`select nonsense${number} from orders`).catch(() => {});
    await tenant.query("select 1");
    await world.superuser.query(
      "grant execute on function pg_catalog.pg_prepared_statement() to public",
    );
    const { rows } = await tenant.query<{ n: number }>(
      "select count(*)::int as n from pg_prepared_statements",
    );
    await world.superuser.query(
      "revoke execute on function pg_catalog.pg_prepared_statement() from public",
    );
    expect(rows[0]?.n).toBeLessThanOrEqual(260);
    expect(rows[0]?.n).toBeGreaterThan(100);
  });

  test("a connection that is killed fails its statement and is replaced", async () => {
    const { rows } = await tenant.query("select pg_backend_pid() as pid");
    const slow = tenant.query("select pg_sleep(30)");
    slow.catch(() => {});
    await expect
      .poll(
        async () =>
          (
            await world.superuser.query(
              "select from pg_stat_activity where pid = $1 and query like '%pg_sleep%' and state = 'active'",
              [rows[0]?.pid],
            )
          ).rowCount,
      )
      .toBe(1);
    await world.superuser.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await expect(slow).rejects.toMatchObject({ code: "database_unavailable" });
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });
});

describe("a transaction", () => {
  test("commits what its work did", async () => {
    const result = await tenant.transaction(async (tx) => {
      await tx.query("insert into scratch (id) values (100)");
      await tx.query("insert into scratch (id) values (101)");
      return "done";
    });
    expect(result).toBe("done");
    expect((await tenant.query("select from scratch where id in (100, 101)")).rowCount).toBe(2);
  });

  test("rolls back when its work throws", async () => {
    const thrown = new Error("no");
    await expect(
      tenant.transaction(async (tx) => {
        await tx.query("insert into scratch (id) values (102)");
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    expect((await tenant.query("select from scratch where id = 102")).rowCount).toBe(0);
  });

  test("does not commit what a swallowed error has aborted, and says so", async () => {
    const work = tenant.transaction(async (tx) => {
      await tx.query("insert into scratch (id) values (103)");
      await tx.query("select 1 / 0").catch(() => {});
    });
    await expect(work).rejects.toMatchObject({ code: "22012" });
    expect((await tenant.query("select from scratch where id = 103")).rowCount).toBe(0);
  });

  test("a savepoint undoes its own part alone", async () => {
    await tenant.transaction(async (tx) => {
      await tx.query("insert into scratch (id) values (104)");
      await tx.savepoint(() => tx.query("insert into scratch (id) values (104)")).catch(() => {});
      await tx.savepoint(async () => {
        await tx.savepoint(
          async () => void (await tx.query("insert into scratch (id) values (105)")),
        );
      });
    });
    expect((await tenant.query("select from scratch where id in (104, 105)")).rowCount).toBe(2);
  });

  test("an empty one costs nothing and succeeds", async () => {
    expect(await tenant.transaction(async () => 7)).toBe(7);
  });

  test("statements asked for at once run one after another", async () => {
    const sums = await tenant.transaction((tx) =>
      Promise.all(
        [1, 2, 3].map(async (n) => (await tx.query("select $1::int as n", [n])).rows[0]?.n),
      ),
    );
    expect(sums).toEqual([1, 2, 3]);
  });

  test("takes isolation and read-only", async () => {
    const { rows } = await tenant.transaction(
      (tx) =>
        tx.query(
          "select current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as read_only",
        ),
      { isolation: "serializable", readOnly: true },
    );
    expect(rows).toEqual([{ isolation: "serializable", read_only: "on" }]);
  });

  test.each([
    "commit",
    "rollback",
    "begin",
    "savepoint x",
    "release x",
    "set transaction read only",
  ])("%s is not sent", async (text) => {
    await expect(tenant.transaction((tx) => tx.query(text))).rejects.toMatchObject({
      code: "statement_refused",
    });
    expect((await tenant.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
  });

  test("a statement after its end is refused", async () => {
    let kept: Parameters<Parameters<Tenant["transaction"]>[0]>[0] | undefined;
    await tenant.transaction(async (tx) => {
      kept = tx;
      await tx.query("select 1");
    });
    await expect(kept?.query("select 1")).rejects.toMatchObject({ code: "statement_refused" });
  });

  test("a connection that is killed midway fails it, and nothing is written", async () => {
    const work = tenant.transaction(async (tx) => {
      const { rows } = await tx.query(
        "insert into scratch (id) values (106) returning pg_backend_pid() as pid",
      );
      await world.superuser.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await tx.query("insert into scratch (id) values (107)");
    });
    await expect(work).rejects.toMatchObject({ code: "database_unavailable" });
    expect((await tenant.query("select from scratch where id in (106, 107)")).rowCount).toBe(0);
  });
});
