// The leak soak in short, on a server of its own that is restarted midway; and the proof that it sees a leak.

import { withClient } from "@hestia/postgres/cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultsOf, makeSoakWorld, type SoakWorld, soak } from "./soak.ts";

let world: SoakWorld;
beforeAll(async () => {
  world = await makeSoakWorld(60);
}, 300_000);
afterAll(() => world?.close());

test("no tenant sees another's row, and all come back, whatever happens to the connections", async () => {
  const result = await soak(world, { statements: 15_000, seed: 1 });
  expect(faultsOf(result)).toEqual([]);
  expect(result.rows).toBeGreaterThan(15_000);
  expect(result.restarts).toBe(1);
  expect(result.recoveryMs).toBeGreaterThan(0);
  expect(Object.keys(result.errors)).toEqual(
    expect.arrayContaining(["division by zero", "duplicate key", "database_unavailable"]),
  );
}, 300_000);

test("without row security it finds foreign rows", async () => {
  await withClient(world.dataUrl, (client) =>
    client.query("alter table app.orders disable row level security"),
  );
  const { foreign } = await soak(world, { statements: 1_000, seed: 1, restarts: false });
  expect(foreign).toBeGreaterThan(0);
}, 300_000);
