// Edits: what is sent, and what becomes of two that were made at the same time.
import type { TenantView } from "@hestia/api";
import { mergePatch } from "@hestia/core";
import { expect, test } from "vitest";
import { clashes, draftOf, mergePatchBetween, patchOf, rebased } from "./edit-draft.ts";

const tenant = {
  name: "Acme",
  plan: "standard",
  domain: "app.acme.test",
  settings: { locale: "en", theme: { dark: true, size: 1 } },
} as unknown as TenantView;
const base = draftOf(tenant);

test("only what was touched is sent, and an emptied field takes its value away", () => {
  expect(patchOf(base, base)).toEqual({});
  expect(patchOf(base, { ...base, domain: " " })).toEqual({ domain: null });
  const settings = JSON.stringify({ theme: { dark: true, size: 2 }, locale: "en" });
  expect(patchOf(base, { ...base, settings })).toEqual({ settings: { theme: { size: 2 } } });
});

test.each([
  [{ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2, e: [1] } }],
  [{}, { a: { b: {} } }],
  [{ a: [1, 2] }, { a: [2] }],
  [{ a: { b: 1 } }, { a: "text" }],
])("the patch between %j and %j leads from the one to the other", (before, after) => {
  expect(mergePatch(before, mergePatchBetween(before, after))).toEqual(after);
});

test("another's change is shown beside mine, and mine goes on top of it", () => {
  const theirs = {
    ...base,
    name: "Acme Ltd",
    settings: JSON.stringify({ locale: "de", theme: { dark: true, size: 1 } }),
  };
  const settings = JSON.stringify({ locale: "en", theme: { dark: false, size: 1 } });
  const mine = { ...base, plan: "business", settings };
  expect(clashes(base, theirs, mine)).toEqual([
    { field: "name", before: "Acme", theirs: "Acme Ltd" },
    { field: "settings", before: base.settings, theirs: theirs.settings, yours: settings },
  ]);
  expect(patchOf(theirs, rebased(base, theirs, mine))).toEqual({
    plan: "business",
    settings: { theme: { dark: false } },
  });
});
