// A server killed (kill -9) in every step of every kind of operation, also while it undoes them, with another beside it:
// each completes or is undone, and what is there is what an undisturbed one comes to.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { playedRounds, Stage, unknownKinds } from "./steps.ts";
import { until } from "./world.ts";

// An isolation check attacks a hundred times, and is begun anew by who takes it over.
vi.setConfig({ testTimeout: 240_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

test("every kind is begun here, or named as one that is not", () => {
  expect(unknownKinds()).toEqual([]);
});

test.each(playedRounds(0))("$names", async ({ rounds }) => {
  const scene = await stage.begin(rounds);
  const victim = await stage.startHeir();
  await victim.kill("SIGKILL");
  await scene.letGo();
  await scene.end();
  await scene.compare();
});

test("nothing says any more that there ever was another server", () =>
  until("the leases of the others are gone", () => stage.isAlone()));
