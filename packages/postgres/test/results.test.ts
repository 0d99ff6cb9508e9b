// What results may take of the process that reads them: on the wire, and when objects are made of what came. A tenant that
// writes its own statements must not end the process of all.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import Cursor from "pg-cursor";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ConnectOptions, connect, type Hestia, type Tenant } from "../src/index.ts";
import { rowWeight } from "../src/scoped/row-weight.ts";
import type { Task } from "./results.fixture.ts";
import { makeWorld, type World } from "./world.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "shared");
});
afterAll(() => world?.close());

const repeated = (element: string, count: number, [open, close]: string) =>
  `'${open}' || repeat('${element},', ${count}) || '${element}${close}'`;

/** Statements whose answers are within 64 MiB on the wire, and gigabytes in memory. */
const hostile = {
  "empty objects": `select (${repeated("{}", 8e6, "[]")})::json`,
  "empty arrays": `select (${repeated("[]", 8e6, "[]")})::json`,
  "objects of one key each": `select ('[' || string_agg('{"' || i || '":1}', ',') || ']')::json from generate_series(1, 3000000) i`,
  "objects with far indexes": `select (${repeated('{"900":1}', 4e6, "[]")})::json`,
  "one object of many keys": `select ('{' || string_agg('"' || i || '":1', ',') || '}')::json from generate_series(1, 4000000) i`,
  "arrays in arrays": `select (${repeated("{1}", 8e6, "{}")})::int[]`,
  "arrays in arrays in arrays": `select (${repeated("{{{{1}}}}", 4e6, "{}")})::int[]`,
  "an array of one long text": "select array[repeat('x', 30000000)]",
  "an array of dates": `select array_agg(timestamp '2020-01-01') from generate_series(1, 2500000)`,
  "an array of bytes": `select array_agg('\\x00'::bytea) from generate_series(1, 8000000)`,
  "JSON in an array": `select array_agg('{"900":1}'::json) from generate_series(1, 4000000)`,
  "rows without columns": "select from generate_series(1, 9000000)",
  "rows of nothing": `select ${Array(200).fill("null").join()} from generate_series(1, 70000)`,
  "rows of dates": "select now(), now(), now() from generate_series(1, 700000)",
  "empty objects behind white space": `select (E' \\n' || ${repeated("{}", 8e6, "[]")})::json`,
  "texts with a wide character": `select repeat('x', 1000000) || '中' from generate_series(1, 50)`,
  "rows of small documents": `select '[{},{},{},{},{},{}]'::json from generate_series(1, 2000000)`,
};

/** Runs them in a process with 512 MiB and returns what became of each; what is missing ended the process. */
async function inLittleMemory(
  statements: readonly string[],
  atOnce: number,
  mebibytes = 512,
): Promise<Record<string, readonly string[]>> {
  const program = fileURLToPath(new URL("./results.fixture.ts", import.meta.url));
  const child = fork(program, {
    execArgv: [`--max-old-space-size=${mebibytes}`],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const outcomes: Record<string, readonly string[]> = {};
  child.on("message", ({ text, outcomes: told }: { text: string; outcomes: string[] }) => {
    outcomes[text] = told;
  });
  const { directoryUrl: databaseUrl, secretKey } = world.clone;
  child.send({ databaseUrl, secretKey, statements, atOnce } satisfies Task);
  await ended;
  return outcomes;
}

describe("a process with little memory", () => {
  test("refuses each result that would end it, and serves the next tenant", async () => {
    const outcomes = await inLittleMemory(Object.values(hostile), 1);
    for (const [name, text] of Object.entries(hostile))
      expect([name, outcomes[text]]).toEqual([name, ["result_too_large"]]);
  });

  test("refuses the largest of many that would end it together", async () => {
    const text = "select repeat('x', 1000) as r from generate_series(1, 50000)";
    const outcomes = await inLittleMemory([text], 14);
    expect(outcomes[text]).toContain("result_too_large");
  });

  test("keeps no more of the columns of many statements than it has room for", async () => {
    const columns = Array.from({ length: 26 }, (_, at) => `1 as ${"c".repeat(60)}${at}`).join();
    const texts = Array.from(
      { length: 256 },
      (_, at) =>
        `select ${Array(63).fill("t.*").join()} from (select ${columns}) t where ${at} < 0`,
    );
    const outcomes = await inLittleMemory(texts, 1, 48);
    expect(Object.keys(outcomes)).toHaveLength(texts.length);
  });
});

async function connected(
  options: Partial<ConnectOptions>,
  work: (attacker: Tenant, victim: Tenant, hestia: Hestia) => Promise<void>,
): Promise<void> {
  const { directoryUrl: databaseUrl, secretKey } = world.clone;
  const hestia = await connect({ databaseUrl, secretKey, ...options });
  try {
    await work(await hestia.tenant("attacker"), await hestia.tenant("victim"), hestia);
  } finally {
    await hestia.close();
  }
}

const series = "select i, 'abc' as t, now() as at from generate_series(1, $1) i";

describe("a bound", () => {
  test("counts what is made of a result, also when its columns are known already", () =>
    connected({ resultBytesMax: 1_000_000, connectionsMax: 1 }, async (tenant) => {
      for (let turn = 0; turn < 3; turn += 1) {
        expect((await tenant.query(series, [2_000])).rowCount).toBe(2_000);
        await expect(tenant.query(series, [8_000])).rejects.toMatchObject({
          code: "result_too_large",
          details: { bytesMax: 1_000_000 },
        });
      }
    }));

  test("counts each part that a cursor reads by itself", () =>
    connected({ resultBytesMax: 1_000_000, connectionsMax: 1 }, async (tenant, _, hestia) => {
      const client = await hestia.pool(tenant).connect();
      const cursor = client.query(new Cursor(series, [20_000]));
      for (let part = 0; part < 10; part += 1) expect(await cursor.read(2_000)).toHaveLength(2_000);
      await cursor.close();
      await expect(client.query(new Cursor(series, [20_000])).read(20_000)).rejects.toThrow(
        "larger than 1000000 bytes",
      );
      client.release();
      expect((await tenant.query(series, [10])).rowCount).toBe(10);
    }));

  test("on all results together ends the largest, whosever it is, and none that is small", () =>
    connected({ resultsBytesMax: 4_000_000, connectionsMax: 4 }, async (attacker, victim) => {
      const large = attacker.query(series, [1_000_000]).catch((error) => error);
      for (let turn = 0; turn < 50; turn += 1)
        expect((await victim.query(series, [500])).rowCount).toBe(500);
      expect(await large).toMatchObject({
        code: "result_too_large",
        details: { bytesMax: 4_000_000 },
      });
    }));

  test("on all results together is not used up by those that have ended", () =>
    connected({ resultsBytesMax: 1_000_000, connectionsMax: 3 }, async (tenant) => {
      for (let turn = 0; turn < 10; turn += 1) {
        await Promise.all([1, 2, 3].map(() => tenant.query(series, [1_000])));
        await tenant.query(series, [9_000]).catch(() => {});
        await tenant.query("select 1 / 0").catch(() => {});
      }
      expect((await tenant.query(series, [3_000])).rowCount).toBe(3_000);
    }));

  test("leaves what the caller's own parsers make to the caller", () =>
    connected({ resultBytesMax: 1_000_000 }, async (tenant) => {
      const text = `select (${repeated("{}", 100_000, "[]")})::json as j`;
      await expect(tenant.query(text)).rejects.toMatchObject({ code: "result_too_large" });
      const types = { getTypeParser: () => String } as unknown as pg.CustomTypesConfig;
      const { rows } = await tenant.query<{ j: string }>({ text, types });
      expect(rows[0]?.j).toHaveLength(300_004);
    }));
});

test("a row is told to take no less than it takes", () => {
  const columns = (...oids: number[]) =>
    oids.map((dataTypeID) => ({ dataTypeID })) as unknown as pg.FieldDef[];
  const weigh = (oid: number, text: string | null) =>
    rowWeight(columns(oid), undefined)([text]) - rowWeight(columns(oid), undefined)([null]);
  expect(weigh(pg.types.builtins.JSONB, '{"a":[1,2,{}]}')).toBe(14 + 3 * 200 + 40 + 2 * 20);
  expect(weigh(pg.types.builtins.TEXT, "[[[[")).toBe(0);
  expect(weigh(pg.types.builtins.JSON, " \n[{}]")).toBe(6 + 2 * 200);
  expect(weigh(pg.types.builtins.TEXT, "x".repeat(100))).toBe(0);
  expect(weigh(pg.types.builtins.TEXT, `${"x".repeat(99)}中`)).toBe(100);
  expect(weigh(1115, '{"2020-01-01","2021-01-01"}')).toBe(27 * 8 + 200 + 112);
});
