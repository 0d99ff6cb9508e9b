// The concurrent leak test: tens of thousands of statements of many tenants on few connections, no foreign row.

import type { IsolationModel } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Tenant } from "../src/index.ts";
import { mingle, openDisturbance, settleIn } from "./crowd.fixture.ts";
import { makeWorld, type World } from "./world.fixture.ts";

type Crowd = { model: IsolationModel; tenants: number; statements: number; pipelineMax: number };

const crowds: Crowd[] = [
  { model: "shared", tenants: 60, statements: 20_000, pipelineMax: 1 },
  { model: "schema", tenants: 50, statements: 12_000, pipelineMax: 1 },
  { model: "database", tenants: 5, statements: 5_000, pipelineMax: 1 },
  { model: "shared", tenants: 60, statements: 20_000, pipelineMax: 4 },
  { model: "schema", tenants: 50, statements: 12_000, pipelineMax: 8 },
  { model: "database", tenants: 5, statements: 5_000, pipelineMax: 4 },
];

describe.each(crowds)(
  "$tenants $model tenants on four connections, up to $pipelineMax in flight on each",
  ({ model, tenants: count, statements, pipelineMax }) => {
    let world: World;
    const tenants: Tenant[] = [];
    beforeAll(async () => {
      world = await makeWorld(inject("postgresUrl"), model, { connectionsMax: 4, pipelineMax });
      for (let index = 0; index < count; index += 1)
        tenants.push((await world.add(model, `crowd-${index}`)).tenant);
      await settleIn(tenants);
    }, 300_000);
    afterAll(() => world?.close());

    test("none sees another's row, whatever goes wrong on the connections", async () => {
      const { strike, close } = await openDisturbance(
        inject("postgresUrl"),
        world.clone.dataDatabase,
      );
      const seen = await mingle(tenants, { callers: 24, statements, strike });
      const disturbed = await close();
      expect(seen.unexpected.slice(0, 3)).toEqual([]);
      expect(seen.foreign).toBe(0);
      expect(seen.statements).toBeGreaterThanOrEqual(statements);
      expect(seen.rows).toBeGreaterThan(statements);
      expect(seen.errors).toBeGreaterThan(statements / 20);
      if (model !== "database") expect(disturbed).toBeGreaterThan(10);
    }, 300_000);
  },
);
