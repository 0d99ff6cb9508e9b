// Loading many rows as a tenant: every type arrives as it left, all rows or none, and nobody else's.

import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeWorld, type World } from "./world.fixture.ts";

describe.each(isolationModels)("loading as a tenant of the model %s", (model) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(inject("postgresUrl"), model);
    const { place } = world.attacker;
    await world.superuser.query(`set role ${world.rolePrefix}_owner; set search_path = ${place};
      create type mood as enum ('calm', 'so, "so"');
      create table wide (id bigint primary key, t text, b boolean, n numeric(10, 2), at timestamptz, d date, j jsonb,
        l int[], m text[][], y bytea, e mood, u uuid, v varchar(5), s int default 7);
      create domain code as varchar(3);
      create table narrow (v varchar(3), c char(3), b bit(3), l varchar(3)[], d code, n numeric(5, 2));
      select hestia.settle('${place}'); reset search_path; reset role`);
  });
  afterAll(() => world?.close());
  const tenant = () => world.attacker.tenant;

  test("every type arrives as it left", async () => {
    const row = {
      id: "1",
      t: 'a "quoted" \\ text, {with} all, NULL, é\n',
      b: true,
      n: "12.50",
      at: new Date("2026-01-02T03:04:05.678Z"),
      j: { a: ['"', null, { b: "\\" }] },
      l: [1, null, 3],
      m: [
        ["a", 'b"'],
        ["c,", "{d}"],
      ],
      y: Buffer.from([0, 255, 92, 34]),
      e: 'so, "so"',
      u: "00000000-0000-4000-8000-000000000001",
      v: "NULL",
    };
    const empty = Object.fromEntries(Object.keys(row).map((key) => [key, null]));
    expect(await tenant().load("wide", [row, { ...empty, id: 2 }])).toBe(2);
    const { rows } = await tenant().query(
      `select ${Object.keys(row).join(", ")}, s from wide where id in (1, 2) order by id`,
    );
    expect(rows).toEqual([
      { ...row, s: 7 },
      { ...empty, id: "2", s: 7 },
    ]);
  });

  test("many rows, as they come", async () => {
    async function* rows() {
      for (let id = 10_000; id < 22_345; id += 1) yield { id, note: `n${id}` };
    }
    expect(await tenant().load("orders", rows())).toBe(12_345);
    const { rows: counted } = await tenant().query(
      "select count(*)::int as n, count(distinct note)::int as notes, min(tenant_id::text) as least, max(tenant_id::text) as most from orders where id >= 10000",
    );
    expect(counted).toEqual([{ n: 12_345, notes: 12_345, least: tenant().id, most: tenant().id }]);
  });

  test("all rows or none", async () => {
    function* rows() {
      for (let id = 30_000; id < 42_000; id += 1) yield { id: id === 41_999 ? 1 : id };
    }
    await expect(tenant().load("orders", rows())).rejects.toMatchObject({ code: "23505" });
    function* failing() {
      for (let id = 30_000; id < 36_000; id += 1) yield { id };
      throw new Error("the source broke");
    }
    await expect(tenant().load("orders", failing())).rejects.toThrow("the source broke");
    expect((await tenant().query("select from orders where id >= 30000")).rowCount).toBe(0);
  });

  test("nothing is nothing", async () => {
    expect(await tenant().load("orders", [])).toBe(0);
  });

  test.each([
    [{ id: 1, nope: 2 }, { id: 2 }, "the table orders has no column nope"],
    [{ id: 50_001 }, { id: 50_002, note: "x" }, "row 1 names note, which the first row does not"],
  ])("a column that is not there is named: %j", async (first, second, message) => {
    await expect(tenant().load("orders", [first, second])).rejects.toMatchObject({
      code: "statement_refused",
      message: expect.stringContaining(message),
    });
    expect((await tenant().query("select from orders where id >= 50000")).rowCount).toBe(0);
  });

  test.each([
    [{ v: "abcd" }, "22001"],
    [{ c: "abcd" }, "22001"],
    [{ b: "1111" }, "22026"],
    [{ l: ["abcd"] }, "22001"],
    [{ d: "abcd" }, "22001"],
    [{ n: "12345.6" }, "22003"],
  ])(
    "a value that does not fit is refused, as an INSERT does, and not cut: %j",
    async (row, code) => {
      await expect(tenant().load("narrow", [row])).rejects.toMatchObject({ code });
    },
  );

  test("one that fits is kept as it is", async () => {
    const row = { v: "abc", c: "a  ", b: "101", l: ["abc", "a"], d: "abc", n: "1.50" };
    expect(await tenant().load("narrow", [row])).toBe(1);
    const { rows } = await tenant().query("select v, c, b, l, d, n from narrow");
    expect(rows).toEqual([row]);
  });

  test("a row without columns is refused", async () => {
    await expect(tenant().load("narrow", [{}])).rejects.toMatchObject({
      code: "statement_refused",
      message: expect.stringContaining("the first row names no column"),
    });
  });

  test("another tenant's id is refused, and a name is a name", async () => {
    await expect(
      tenant().load("orders", [{ id: 60_001, tenant_id: world.victim.id }]),
    ).rejects.toMatchObject({
      code: model === "shared" ? "42501" : expect.stringMatching(/^(42501|23514)$/),
    });
    await expect(tenant().load('orders" (id) values (1); --', [{ id: 1 }])).rejects.toMatchObject({
      code: "42P01",
    });
  });
});
