import { limits } from "@hestia/core";
import { expect, test } from "vitest";
import { etagMatches, etagOf, parsePreferWait, parseRetryAfter } from "./headers.ts";

test("an entity tag matches its own version only, and never when it is weak", () => {
  const tenant = { version: 7 };
  expect(etagOf(tenant)).toBe('"7"');
  for (const field of ['"7"', '"6", "7"', "*"]) expect(etagMatches(field, tenant)).toBe(true);
  for (const field of ['"70"', '"6"', "7", 'W/"7"', "", '"*"'])
    expect(etagMatches(field, tenant), field).toBe(false);
});

test.each([
  ["wait=30", 30],
  ["respond-async, wait=5", 5],
  ['WAIT = "7"', 7],
  ["wait=0", 0],
  ["wait=99999", limits.waitSecondsMax],
  ["wait=-1", undefined],
  ["await=5", undefined],
  ["wait=5x", undefined],
  ["wait=", undefined],
  ["", undefined],
  [undefined, undefined],
])("the preference %j waits %j seconds", (field, seconds) => {
  expect(parsePreferWait(field)).toBe(seconds);
});

test("Retry-After is read from a number and from a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfter("7", now)).toBe(7);
  expect(parseRetryAfter("Thu, 01 Jan 2026 00:00:09 GMT", now)).toBe(9);
  expect(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(parseRetryAfter("soon", now)).toBeUndefined();
  expect(parseRetryAfter(null, now)).toBeUndefined();
});
