import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "./assert.ts";
import type { OperationId } from "./ids.ts";
import {
  cancelOperation,
  failOperation,
  failStep,
  finishCancel,
  finishStep,
  isFinished,
  makeOperation,
  nextStep,
  type Operation,
  retryOperation,
  startAllSteps,
  startOneStep,
  startOperation,
  startStep,
  succeedAllSteps,
  succeedOperation,
} from "./operations.ts";

const now = new Date("2026-01-01T00:00:00Z");
const error = { code: "migration_failed", message: "The migration 0002.sql failed." };
const queued = makeOperation({
  id: "0197f0a0-0000-7000-8000-000000000001" as OperationId,
  kind: "tenant.provision",
  steps: ["validate", "make_partition", "activate"],
  now,
});
const running = startOperation(queued);
const halfway = finishStep(startStep(running, "validate", now), "validate", { now });

describe("an operation", () => {
  test("goes on with its steps in order until it succeeds", () => {
    let operation = running;
    for (let step = nextStep(operation); step !== undefined; step = nextStep(operation))
      operation = finishStep(startStep(operation, step.name, now), step.name, { now });
    expect(succeedOperation(operation, { now, result: { slug: "acme" } })).toMatchObject({
      status: "succeeded",
      progress: 1,
      finishedAt: now,
      result: { slug: "acme" },
    });
  });

  test("shows its progress by the steps that are done", () => {
    expect(halfway.progress).toBeCloseTo(1 / 3);
    expect(finishStep(halfway, "make_partition", { now, status: "skipped" }).progress).toBeCloseTo(
      2 / 3,
    );
  });

  test("whose process died goes on with the step that was cut off", () => {
    const cutOff = startStep(halfway, "make_partition", now);
    expect(startOperation(cutOff)).toBe(cutOff);
    expect(nextStep(cutOff)?.name).toBe("make_partition");
    const later = new Date("2026-01-01T00:01:00Z");
    expect(startStep(cutOff, "make_partition", later).steps[1]?.startedAt).toBe(later);
  });

  test("whose steps are done at once has all of them running, and then all done", () => {
    const begun = startAllSteps(queued, now);
    expect(begun).toMatchObject({ status: "running", progress: 0 });
    expect(begun.steps.map(({ status }) => status)).toEqual(["running", "running", "running"]);
    const ended = succeedAllSteps(begun, { now, details: { make_partition: "made ahead" } });
    expect(ended).toMatchObject({ status: "succeeded", progress: 1, finishedAt: now });
    expect(ended.steps.map(({ status }) => status)).toEqual([
      "succeeded",
      "succeeded",
      "succeeded",
    ]);
    expect(ended.steps.map(({ detail }) => detail)).toEqual([undefined, "made ahead", undefined]);
  });

  test("whose steps cannot be done at once goes on with the first, and the others wait", () => {
    const one = startOneStep(startAllSteps(queued, now));
    expect(one.steps.map(({ status }) => status)).toEqual(["running", "pending", "pending"]);
    expect(one.steps[1]).toEqual({ name: "make_partition", status: "pending" });
    expect(startOneStep(halfway).steps).toEqual(halfway.steps);
  });

  test("that failed is retried from the step that failed", () => {
    const failed = failStep(startStep(halfway, "make_partition", now), "make_partition", {
      now,
      error,
    });
    expect(failed).toMatchObject({ status: "failed", error, finishedAt: now });
    const retried = retryOperation(failed, now);
    expect(retried).toMatchObject({ status: "queued", progress: 1 / 3 });
    expect(retried).not.toHaveProperty("error");
    expect(retried).not.toHaveProperty("finishedAt");
    expect(nextStep(retried)).toEqual({ name: "make_partition", status: "pending" });
  });

  test("that did not fail cannot be retried", () => {
    for (const operation of [queued, running, succeedOperation(running, { now })])
      expect(() => retryOperation(operation, now)).toThrow(
        expect.objectContaining({ code: "operation_not_retriable" }),
      );
  });

  test("is cancelled at once while queued, and after its step while running", () => {
    expect(cancelOperation(queued, now)).toMatchObject({ status: "cancelled", finishedAt: now });
    const asked = cancelOperation(running, now);
    expect(asked).toMatchObject({ status: "running", cancelRequestedAt: now });
    expect(finishCancel(asked, now)).toMatchObject({ status: "cancelled" });
  });

  test("that is over cannot be cancelled", () => {
    for (const operation of [
      cancelOperation(queued, now),
      failOperation(queued, { now, error }),
      succeedOperation(running, { now }),
    ])
      expect(() => cancelOperation(operation, now)).toThrow(
        expect.objectContaining({ code: "operation_not_cancellable" }),
      );
  });

  test("has no step that it was not made with", () => {
    expect(() => startStep(running, "other", now)).toThrow(AssertionError);
    expect(() => startStep(queued, "validate", now)).toThrow(AssertionError);
  });
});

test("on every walk, progress is a share and the end is marked by its time", () => {
  const name = fc.constantFrom("validate", "make_partition", "activate");
  const change = fc.oneof(
    fc.constant((o: Operation) => startOperation(o)),
    name.map((n) => (o: Operation) => startStep(o, n, now)),
    name.map((n) => (o: Operation) => finishStep(o, n, { now })),
    name.map((n) => (o: Operation) => finishStep(o, n, { now, status: "undone" })),
    name.map((n) => (o: Operation) => failStep(o, n, { now, error })),
    fc.constant((o: Operation) => retryOperation(o, now)),
    fc.constant((o: Operation) => cancelOperation(o, now)),
    fc.constant((o: Operation) => succeedOperation(o, { now })),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      let operation: Operation = queued;
      for (const apply of changes) {
        try {
          operation = apply(operation);
        } catch {
          continue;
        }
        expect(operation.progress).toBeGreaterThanOrEqual(0);
        expect(operation.progress).toBeLessThanOrEqual(1);
        const isOver = ["succeeded", "failed", "cancelled"].includes(operation.status);
        expect(isFinished(operation)).toBe(isOver);
        expect(operation.error !== undefined).toBe(operation.status === "failed");
        expect(operation.steps.map((step) => step.name)).toEqual(queued.steps.map((s) => s.name));
      }
    }),
  );
});
