// Every attack: with its guards away it succeeds, and each guard alone is enough to stop it.

import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { attacks } from "./attacks.fixture.ts";
import { type Attack, change, Stage } from "./stage.fixture.ts";
import { makeWorld, type World } from "./world.fixture.ts";

describe.each(isolationModels)("%s tenants", (model) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(inject("postgresUrl"), model, { connectionsMax: 1, pipelineMax: 4 });
  });
  afterAll(() => world?.close());

  describe.each(attacks.filter((attack) => attack.models.includes(model)))("$name", (attack) => {
    test("succeeds with its guards taken away", async () => {
      await withGuards(world, attack, undefined, async () => {
        expect(await attack.run(await Stage.raw(world))).toBe(true);
      });
    });

    for (const guard of attack.guards) {
      test(`fails because ${guard.name}`, async () => {
        await withGuards(world, attack, guard.name, async () => {
          expect(await attack.run(await Stage.raw(world))).toBe(false);
        });
      });
    }

    if (attack.ruled) {
      test("fails because its statement is not sent", async () => {
        await withGuards(world, attack, undefined, async () => {
          expect(await attack.run(Stage.library(world))).toBe(false);
        });
      });
    }

    test("fails through the library", async () => {
      expect(await attack.run(Stage.library(world))).toBe(false);
    });

    test("fails in flight among statements of its victim", async () => {
      expect(await attack.run(Stage.among(world))).toBe(false);
    });
  });
});

/** Takes all guards of an attack away but one, and puts them back whatever happens. */
async function withGuards(
  world: World,
  attack: Attack,
  but: string | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const away = attack.guards.filter((guard) => guard.name !== but);
  for (const guard of away) await change(world, guard.off);
  try {
    await work();
  } finally {
    for (const guard of [...away].reverse()) await change(world, guard.on);
  }
}
