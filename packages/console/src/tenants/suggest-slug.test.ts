// Slugs that are suggested are slugs, by the server's own rule.
import { limits, parseSlug } from "@hestia/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { numberedSlug, suggestSlug } from "./suggest-slug.ts";

test("a name becomes what a person would shorten it to", () => {
  expect(suggestSlug("Größe & Söhne GmbH")).toBe("grosse-and-sohne-gmbh");
  expect(suggestSlug("  3M — O'Reilly, Łódź ")).toBe("m-oreilly-lodz");
  expect(suggestSlug("株式会社")).toBe("");
});

test("whatever the name, only its meaning or its length can be wrong", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const slug = suggestSlug(name);
      if (slug.length < limits.slugCharsMin) return;
      for (const each of [slug, numberedSlug(slug, 2)])
        expect(parseSlug(each).faults?.filter(({ code }) => code !== "reserved") ?? []).toEqual([]);
    }),
  );
});
