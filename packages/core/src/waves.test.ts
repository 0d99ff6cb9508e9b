import { describe, expect, test } from "vitest";
import { cutIntoWaves } from "./waves.ts";

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
