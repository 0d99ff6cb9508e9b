import { describe, expect, test } from "vitest";
import { cutIntoWaves, stateWaves } from "./waves.ts";

const fleet = Array.from({ length: 200 }, (_, index) => ({ target: `t${index}` }));
const cut = (options: Partial<Parameters<typeof cutIntoWaves>[1]> = {}, targets = fleet) =>
  cutIntoWaves(targets, { seed: "a", canary: new Set(), percents: [1, 10], ...options });

describe("waves", () => {
  test("hold every target once, in growing shares", () => {
    const waves = cut();
    expect(waves.map(({ name, targets }) => [name, targets.length])).toEqual([
      ["1 %", 2],
      ["10 %", 18],
      ["the rest", 180],
    ]);
    expect(new Set(waves.flatMap(({ targets }) => targets)).size).toBe(200);
  });

  test("begin with those that are named", () => {
    const [first, second] = cut({ canary: new Set(["t7", "t9"]) });
    expect(first).toEqual({ name: "canary", targets: [{ target: "t7" }, { target: "t9" }] });
    expect(second?.name).toBe("1 %");
  });

  test("are the same for the same seed, whatever the order, and others for another", () => {
    expect(cut({}, fleet.toReversed())).toEqual(cut());
    expect(cut({ seed: "b" })).not.toEqual(cut());
  });

  test("that would be empty are left out", () => {
    expect(cut({}, fleet.slice(0, 5)).map(({ name }) => name)).toEqual(["the rest"]);
    expect(cut({}, [])).toEqual([]);
    expect(cut({ percents: [] }).map(({ name }) => name)).toEqual(["the rest"]);
  });
});

describe("a run's waves", () => {
  const wave = (name: string, counts: Partial<Parameters<typeof stateWaves>[0][number]> = {}) => ({
    ...{ name, targets: 4, current: 0, blocked: 0, deferred: 0, waiting: 0 },
    ...counts,
  });
  const states = (end: Parameters<typeof stateWaves>[1], ...waves: ReturnType<typeof wave>[]) =>
    stateWaves(waves, end).map(({ state }) => state);
  const done = wave("canary", { current: 4 });
  const begun = wave("10 %", { current: 1, waiting: 3 });
  const rest = wave("the rest", { waiting: 4 });

  test("are done, running and waiting while it goes on", () => {
    expect(states({ isFinished: false }, done, begun, rest)).toEqual([
      "done",
      "running",
      "waiting",
    ]);
  });

  test("are held where somebody has to let them go on", () => {
    expect(states({ isFinished: true, next: "the rest" }, done, rest)).toEqual(["done", "held"]);
  });

  test("are stopped where failures ended one in the middle, and what follows has not begun", () => {
    const failed = wave("10 %", { blocked: 1, waiting: 3 });
    expect(states({ isFinished: true }, done, failed, rest)).toEqual([
      "done",
      "stopped",
      "waiting",
    ]);
  });
});
