import { describe, expect, test } from "vitest";
import { makePlan, patchPlan, planChanges, planFacts } from "./plans.ts";

const start = new Date("2026-01-01T00:00:00Z");
const now = new Date("2026-01-02T00:00:00Z");
const plan = makePlan(
  {
    ...{ id: "business", name: "Business", isolation: "schema", defaults: { a: { b: 1, c: 2 } } },
    ...{ requires: ["approval", "email", "approval"], trialDays: 14 },
    ...{ graceDays: 30, archiveDays: 90, warm: 2 },
  },
  start,
);

describe("a plan", () => {
  test("has its requirements once, in one order", () => {
    expect(plan).toMatchObject({ requires: ["email", "approval"], version: 1 });
  });

  test("is the same object under a patch that changes nothing, whatever order it has", () => {
    const patch = { name: "Business", requires: ["approval", "email"], defaults: {} } as const;
    expect(patchPlan(plan, patch, now)).toBe(plan);
  });

  test("is merged with a patch: null takes away, absent stays", () => {
    const patched = patchPlan(plan, { trialDays: null, defaults: { a: { b: null } } }, now);
    expect(patched).toMatchObject({ defaults: { a: { c: 2 } }, version: 2, updatedAt: now });
    expect(patched).not.toHaveProperty("trialDays");
    expect(planChanges(plan, patched)).toEqual({
      before: { defaults: { a: { b: 1, c: 2 } }, trialDays: 14 },
      after: { defaults: { a: { c: 2 } }, trialDays: null },
    });
    expect(planFacts(patched)).not.toHaveProperty("trialDays");
  });

  test("keeps nothing ready for shared tenants, however it comes to that", () => {
    const refused = expect.objectContaining({ code: "invalid_input" });
    expect(() => patchPlan(plan, { isolation: "shared" }, now)).toThrow(refused);
    const shared = patchPlan(plan, { isolation: "shared", warm: 0 }, now);
    expect(() => patchPlan(shared, { warm: 1 }, now)).toThrow(refused);
  });
});
