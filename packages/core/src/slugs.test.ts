import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "./limits.ts";
import { isReservedName, reservedNames } from "./reserved-names.ts";
import { parseSlug, slugPattern } from "./slugs.ts";

const codesOf = (text: unknown) => (parseSlug(text).faults ?? []).map((fault) => fault.code);

describe("a slug", () => {
  test.each(["ab", "acme", "acme-air", "a1", "a-1-b", "d".repeat(limits.slugCharsMax)])(
    "may be %s",
    (text) => expect(parseSlug(text)).toEqual({ value: text }),
  );

  test.each([
    ["", ["too_short"]],
    ["a", ["too_short"]],
    ["a".repeat(limits.slugCharsMax + 1), ["too_long"]],
    ["Acme", ["malformed"]],
    ["1acme", ["malformed"]],
    ["-acme-", ["malformed", "malformed"]],
    ["ac--me", ["malformed"]],
    ["xn--bcher-kva", ["malformed"]],
    ["ac_me", ["malformed"]],
    ["acmé", ["malformed"]],
    ["acme\n", ["malformed"]],
    ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", ["malformed"]],
    ["www", ["reserved"]],
    ["WWW", ["malformed", "reserved"]],
    ["ns1", ["reserved"]],
    ["mx-02", ["reserved"]],
    ["hestia-internal", ["reserved"]],
    [7, ["wrong_type"]],
    [undefined, ["wrong_type"]],
  ])("may not be %j", (text, expected) => {
    expect(codesOf(text)).toEqual(expected);
  });

  test("is always a DNS label that fits a PostgreSQL name, whatever was sent", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9-]{1,45}$/)), (text) => {
        const { value } = parseSlug(text);
        if (value === undefined) return;
        expect(value).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(value).toMatch(new RegExp(slugPattern));
        expect(new TextEncoder().encode(value).length).toBeLessThan(limits.postgresNameBytesMax);
        expect(isReservedName(value)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("of good characters is refused only for its length, its meaning or its hyphens", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9]{1,39}$/), (text) => {
        expect(codesOf(text).filter((code) => code !== "reserved")).toEqual([]);
      }),
    );
  });
});

test("every reserved name is one that could otherwise be a slug, and stands in the list once", () => {
  for (const name of reservedNames) {
    if (name.length < limits.slugCharsMin) continue;
    expect(codesOf(name), name).toEqual(["reserved"]);
  }
});
