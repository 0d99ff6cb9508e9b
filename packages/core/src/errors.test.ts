import { describe, expect, test } from "vitest";
import { AssertionError, assert } from "./assert.ts";
import { errorCodes } from "./error-codes.ts";
import { errorKinds } from "./error-kinds.ts";
import { HestiaError, isErrorCode, isHestiaError, shownDetails } from "./errors.ts";
import { collectFaults, invalidInput, jsonPointer } from "./faults.ts";

describe("an error", () => {
  test("has its kind, a sentence, its details and its cause", () => {
    const cause = new Error("duplicate key");
    const error = new HestiaError("tenant_slug_taken", { slug: "acme", row: 7 }, { cause });
    expect(error).toMatchObject({ code: "tenant_slug_taken", kind: "conflict", cause });
    expect(error.message).toBe('The slug "acme" is taken; choose another one.');
    expect(shownDetails(error)).toEqual({ slug: "acme" });
  });

  test("is told from others by its code", () => {
    const error: unknown = new HestiaError("tenant_ended");
    expect(isHestiaError(error)).toBe(true);
    expect(isHestiaError(error, "tenant_ended")).toBe(true);
    expect(isHestiaError(error, "tenant_suspended")).toBe(false);
    expect(isHestiaError(new Error("tenant_ended"))).toBe(false);
  });

  test("cannot be made without the details that its sentence needs", () => {
    // @ts-expect-error the slug is missing
    expect(new HestiaError("tenant_slug_taken", {}).code).toBe("tenant_slug_taken");
    // @ts-expect-error there is no such code
    expect(() => new HestiaError("tenant_lost")).toThrow();
  });
});

describe("the table of codes", () => {
  const sample = { slug: "acme", status: "purged", move: "suspend", file: "0001.sql", count: 2 };

  test.each(Object.entries(errorCodes))(
    "%s is named, sorted and worded by the rules",
    (code, entry) => {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(errorKinds).toContain(entry.kind);
      expect(entry.title).not.toMatch(/[.\n]$/);
      const message = (entry.message as (details: object) => string)({
        ...sample,
        problem: "Ok.",
        reason: "because.",
        rule: "EXPLAIN is refused.",
      });
      expect(message).toMatch(/^.+\.$/);
    },
  );

  test("knows its own codes only", () => {
    expect(isErrorCode("internal")).toBe(true);
    for (const text of ["toString", "__proto__", "", undefined, 7])
      expect(isErrorCode(text)).toBe(false);
  });
});

describe("faults", () => {
  test("are gathered with their pointers and thrown together", () => {
    const faults = collectFaults();
    faults.add("/a", "required", "a is required.");
    expect(faults.take("/b", { value: 1 })).toBe(1);
    expect(
      faults.take("/c", { faults: [{ pointer: "/d", code: "x", message: "X." }] }),
    ).toBeUndefined();
    expect(() => faults.throwIfAny()).toThrow(
      expect.objectContaining({ code: "invalid_input", faults: faults.faults }),
    );
    expect(faults.faults.map((fault) => fault.pointer)).toEqual(["/a", "/c/d"]);
    expect(() => collectFaults().throwIfAny()).not.toThrow();
  });

  test("are counted in the sentence", () => {
    const fault = { pointer: "", code: "x", message: "X." };
    expect(invalidInput([fault]).message).toContain("a fault");
    expect(invalidInput([fault, fault]).message).toContain("2 faults");
  });

  test("point by RFC 6901", () => {
    expect(jsonPointer("a/b", 0, "m~n", "")).toBe("/a~1b/0/m~0n/");
  });
});

test("an assertion that does not hold says why", () => {
  expect(() => assert(1 > 2, "one is not more")).toThrow(new AssertionError("one is not more"));
  expect(() => assert(true, "never")).not.toThrow();
});
