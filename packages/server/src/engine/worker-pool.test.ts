// The workers' connections as the queue treats them.
import { expect, inject, test } from "vitest";
import { openWorkerPool } from "./worker-pool.ts";

test("what is given back twice is not taken from who has it next", async () => {
  const pool = openWorkerPool({ databaseUrl: inject("postgresUrl"), max: 1, instance: "twice" });
  const { promise, resolve } = Promise.withResolvers<() => void>();
  pool.connect((_, __, done) => resolve(done));
  const done = await promise;
  done();
  const next = await pool.connect();
  done();
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
  next.release();
  await pool.end();
});
