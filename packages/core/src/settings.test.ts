import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import { limits } from "./limits.ts";
import { parseSettings } from "./settings.ts";

test("settings are an object", () => {
  for (const value of [null, [], "x", 7, undefined])
    expect(parseSettings(value).faults?.[0].code).toBe("wrong_type");
});

test("settings that PostgreSQL cannot hold have a fault at the very member", () => {
  const parsed = parseSettings({ a: ["fine", "\u0000"], "b/c": "\uD800", "d\u0000": 1 });
  expect(parsed.faults?.map((fault) => fault.pointer)).toEqual(["/a/1", "/b~1c", ""]);
});

test("settings have a limit to their size and to their depth", () => {
  expect(parseSettings({ a: "é".repeat(limits.settingsBytesMax / 2) }).faults?.[0].code).toBe(
    "too_large",
  );
  let deep: JsonObject = {};
  for (let depth = 0; depth < limits.settingsDepthMax; depth++) deep = { deep };
  expect(parseSettings(deep).faults?.[0].code).toBe("too_deep");
});

test("ordinary JSON of small size is accepted as it is", () => {
  const text = fc.string({ unit: "binary-ascii" }).filter((each) => !each.includes("\u0000"));
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())), (value) => {
      expect(parseSettings(value)).toEqual({ value });
    }),
  );
});
