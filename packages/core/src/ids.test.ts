import { expect, test } from "vitest";
import { isUuid, makeId, parseTenantId, type TenantId } from "./ids.ts";

test("ids sort by the time they were made", () => {
  const early: TenantId = makeId(new Date("2026-01-01T00:00:00.000Z"));
  const late: TenantId = makeId(new Date("2026-01-01T00:00:00.001Z"));
  expect([late, early].sort()).toEqual([early, late]);
});

test("ids of one moment differ", () => {
  const ids = Array.from({ length: 1_000 }, () => makeId<TenantId>(1_700_000_000_000));
  expect(new Set(ids).size).toBe(ids.length);
});

test("the same time and randomness make the same id, of version 7", () => {
  const random = new Uint8Array(16).fill(7);
  const id: TenantId = makeId(1_700_000_000_000, random);
  expect(makeId(1_700_000_000_000, random)).toBe(id);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a parsed id is in lower case, and what is no UUID is no id", () => {
  expect(parseTenantId("0197F0A0-0000-7000-8000-00000000ABCD")).toBe(
    "0197f0a0-0000-7000-8000-00000000abcd",
  );
  for (const text of ["", "acme", "0197f0a0-0000-7000-8000-00000000abcd ", 7, null, undefined])
    expect(parseTenantId(text)).toBeUndefined();
  expect(isUuid("00000000-0000-0000-0000-000000000000")).toBe(true);
});
