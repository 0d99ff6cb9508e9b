import { expect, test } from "vitest";
import { limits } from "./limits.ts";
import { parseName, parseReason } from "./names.ts";

test("a name comes out trimmed and in NFC", () => {
  expect(parseName("  Cafe\u0301 Zürich ")).toEqual({ value: "Café Zürich" });
});

test("a name's length counts characters, not code units", () => {
  expect(parseName("✈️".repeat(10)).faults).toBeUndefined();
  expect(parseName("😀".repeat(limits.nameCharsMax)).faults).toBeUndefined();
  expect(parseName("😀".repeat(limits.nameCharsMax + 1)).faults?.[0].code).toBe("too_long");
});

test.each(["", "   ", "a\u0000b", "a\nb", "a\u202Eb", "a\u2028b", "\uD800", 7, null])(
  "a name may not be %j",
  (text) => expect(parseName(text).faults).toBeDefined(),
);

test("a reason may have lines, a name may not", () => {
  expect(parseReason("Unpaid.\nSee invoice 7.")).toEqual({ value: "Unpaid.\nSee invoice 7." });
  expect(parseReason("a\u0007").faults?.[0].code).toBe("malformed");
});
