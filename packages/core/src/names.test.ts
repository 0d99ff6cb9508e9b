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

test.each([
  "\u200B\u200B",
  "\u3164\u2800",
  "\u200D",
  "\u0301",
  "ac\u200Bme",
  "ac\u00ADme",
  `Z${"\u0301".repeat(40)}`,
])("a name that hides or overflows is refused: %j", (text) =>
  expect(parseName(text).faults?.[0].code).toBe("malformed"),
);

test.each(["می‌خواهم", "👩‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "שָׁלוֹם", "བསྒྲུབས", "Việt Nam", "№ 7", "…", "ก็"])(
  "a name in any script, with its joiners and marks, is one: %j",
  (text) => expect(parseName(text)).toEqual({ value: text.normalize("NFC") }),
);

test("a reason's lines end in one way, and none returns to its beginning to write over it", () => {
  expect(parseReason("Unpaid.\r\nPaid.\rEnd.\n\r")).toEqual({ value: "Unpaid.\nPaid.\nEnd." });
  expect(parseName("Acme\rZenith").faults?.[0].code).toBe("malformed");
});

test("a reason may have lines, a name may not", () => {
  expect(parseReason("Unpaid.\nSee invoice 7.")).toEqual({ value: "Unpaid.\nSee invoice 7." });
  expect(parseReason("a\u0007").faults?.[0].code).toBe("malformed");
});
