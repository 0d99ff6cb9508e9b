import { type ErrorCode, errorCodes, HestiaError, invalidInput } from "@hestia/core";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { fromProblem, problemSchema, statusOf, toProblem } from "./problem.ts";

const validProblem = Compile(problemSchema);

describe("a problem", () => {
  test("says what an error says, and no more", () => {
    const cause = new Error("duplicate key value violates unique constraint");
    const error = new HestiaError(
      "tenant_slug_taken",
      { slug: "acme", table: "tenants" },
      { cause },
    );
    expect(toProblem(error, "req-1")).toEqual({
      status: 409,
      headers: { "content-type": "application/problem+json" },
      body: {
        type: "/docs/errors#tenant_slug_taken",
        title: "The slug is taken",
        status: 409,
        detail: 'The slug "acme" is taken; choose another one.',
        code: "tenant_slug_taken",
        instance: "req-1",
        details: { slug: "acme" },
      },
    });
  });

  test("lists the faults of an input under errors", () => {
    const fault = { pointer: "/slug", code: "required", message: "slug is required." };
    expect(toProblem(invalidInput([fault])).body).toMatchObject({ status: 422, errors: [fault] });
  });

  test("of anything unexpected or internal tells nothing of it", () => {
    const secrets = [
      new Error("password=hunter2"),
      new HestiaError("internal", { password: "hunter2" }),
      new HestiaError("scope_missing", { key: "hunter2" }),
      "hunter2",
      undefined,
    ];
    for (const secret of secrets) {
      const { status, body } = toProblem(secret);
      expect([status, body.code]).toEqual([500, "internal"]);
      expect(JSON.stringify(body)).not.toContain("hunter2");
    }
  });

  test("carries the header fields that HTTP wants", () => {
    const headers = (error: HestiaError) => toProblem(error).headers;
    expect(headers(new HestiaError("unauthenticated"))).toHaveProperty("www-authenticate");
    expect(headers(new HestiaError("tenant_not_ready", { retryAfterSeconds: 1.2 }))).toMatchObject({
      "retry-after": "2",
    });
    expect(
      headers(new HestiaError("method_not_allowed", { allowed: ["GET", "PUT"] })),
    ).toMatchObject({ allow: "GET, PUT" });
  });

  test("of an absent tenant reads the same as of another's", () => {
    const absent = toProblem(new HestiaError("tenant_not_found", { tenantId: "a" }), "r");
    const others = toProblem(new HestiaError("tenant_not_found", { tenantId: "b" }), "r");
    expect(JSON.stringify(absent)).toBe(JSON.stringify(others));
  });
});

test.each(Object.keys(errorCodes) as ErrorCode[])("%s goes out and comes back the same", (code) => {
  const details = { slug: "a", domain: "a.b", status: "s", move: "m", file: "f", problem: "p" };
  const sent = new HestiaError<ErrorCode>(code, details as never);
  const { status, body } = toProblem(sent, "req-1");
  expect(validProblem.Errors(body)).toEqual([]);
  const received = fromProblem(status, body, 3);
  expect(received.code).toBe(sent.kind === "internal" ? "internal" : code);
  expect(received.kind).toBe(sent.kind);
  expect(received.details).toMatchObject({ requestId: "req-1", retryAfterSeconds: 3 });
  if (sent.kind !== "internal") expect(received.message).toBe(sent.message);
});

test("an answer that is no problem is response_unexpected, and a newer code keeps its sentence", () => {
  for (const body of [undefined, null, "<html>", [], { message: "no" }])
    expect(fromProblem(502, body).code).toBe("response_unexpected");
  const newer = { code: "tenant_frozen", detail: "The tenant is frozen; thaw it." };
  expect(fromProblem(409, newer)).toMatchObject({
    code: "response_unexpected",
    message: newer.detail,
  });
});

test("the statuses that programs rely on", () => {
  const expected: Partial<Record<ErrorCode, number>> = {
    invalid_input: 422,
    invalid_json: 400,
    unauthenticated: 401,
    tenant_not_found: 404,
    tenant_slug_taken: 409,
    operation_failed: 409,
    precondition_required: 428,
    precondition_failed: 412,
    idempotency_key_reused: 422,
    idempotency_in_flight: 409,
    tenant_unidentified: 400,
    tenant_sources_disagree: 400,
    tenant_suspended: 403,
    tenant_readonly: 403,
    tenant_not_ready: 409,
    tenant_ended: 410,
    database_unavailable: 503,
  };
  for (const [code, status] of Object.entries(expected))
    expect(statusOf(code as ErrorCode), code).toBe(status);
});

test("whatever may work later says when to try again, and nothing else does", () => {
  const says = (Object.keys(errorCodes) as ErrorCode[]).filter(
    (code) => "retry-after" in toProblem(new HestiaError<ErrorCode>(code, {} as never)).headers,
  );
  const later = (Object.keys(errorCodes) as ErrorCode[]).filter(
    (code) =>
      ["unavailable", "limited"].includes(errorCodes[code].kind) ||
      ["tenant_not_ready", "idempotency_in_flight"].includes(code),
  );
  expect(says).toEqual(later);
});
