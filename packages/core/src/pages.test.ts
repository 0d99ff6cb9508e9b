import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CursorKey, decodeCursor, encodeCursor, makePage } from "./pages.ts";

const binding = { sort: "-createdAt", filter: { status: ["active"], q: "é" } };
const invalid = expect.objectContaining({ code: "cursor_invalid" });
const key = fc.oneof(
  fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\u0000") && text.isWellFormed()),
  fc.integer(),
  fc.constant(null),
);

describe("a cursor", () => {
  test("gives back the keys that it was made of", () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 3 }), (keys: CursorKey[]) => {
        const cursor = encodeCursor(binding, keys);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor, binding, keys.length)).toEqual(keys);
      }),
    );
  });

  test("belongs to its order and its filter, in whatever order the filter's members stand", () => {
    const cursor = encodeCursor(binding, ["2026", "id"]);
    const sameFilter = { q: "é", status: ["active"], plan: undefined };
    expect(decodeCursor(cursor, { ...binding, filter: sameFilter }, 2)).toEqual(["2026", "id"]);
    for (const other of [
      { ...binding, sort: "createdAt" },
      { ...binding, filter: { status: ["active"] } },
      { ...binding, filter: { status: ["active"], q: "e" } },
    ])
      expect(() => decodeCursor(cursor, other, 2)).toThrow(invalid);
    expect(() => decodeCursor(cursor, binding, 1)).toThrow(invalid);
  });

  test("that is garbage is refused, and never anything worse", () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))),
      fc.constant(btoa('[1,"x","\\u0000"]')),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        expect(() => decodeCursor(text, binding, 2)).toThrow(invalid);
      }),
      { numRuns: 1_000 },
    );
  });

  test("with one character changed never passes as one with other keys of another shape", () => {
    const cursor = encodeCursor(binding, ["2026", "id"]);
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom(..."AZaz09-_"), (at, character) => {
        const changed = cursor.slice(0, at) + character + cursor.slice(at + 1);
        try {
          expect(decodeCursor(changed, binding, 2)).toHaveLength(2);
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
    );
  });
});

test("a page has a cursor exactly when there is more", () => {
  const cursorAfter = (last: number) => `after-${last}`;
  expect(makePage([1, 2, 3], { limit: 2, cursorAfter })).toEqual({
    items: [1, 2],
    nextCursor: "after-2",
  });
  expect(makePage([1, 2], { limit: 2, cursorAfter })).toEqual({ items: [1, 2] });
  expect(makePage([], { limit: 2, cursorAfter })).toEqual({ items: [] });
});
