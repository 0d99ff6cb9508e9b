import { makeId, type TenantId } from "@hestia/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { envelopeKey, type JobEnvelope, openEnvelope, sealEnvelope } from "./envelope.ts";

const key = envelopeKey("a secret key for tests alone, 32 characters and more");
const tenant = makeId<TenantId>(0);
const payload = '{"id":7}';
const trace = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
const sealed = sealEnvelope(key, "invoice", { tenant, payload, trace });

function reason(envelope: unknown, name = "invoice", withKey = key): string {
  try {
    openEnvelope(withKey, name, envelope);
    return "opened";
  } catch (error) {
    expect(error).toMatchObject({ code: "job_envelope_invalid" });
    return (error as Error).message;
  }
}

test("an envelope opens for the job that it was sealed for, also after a store of JSON has had it", () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (text, name) => {
      const envelope = sealEnvelope(key, name, { tenant, payload: text });
      const reversed = Object.fromEntries(Object.entries(envelope).reverse());
      const stored = JSON.parse(JSON.stringify(reversed));
      expect(openEnvelope(key, name, stored)).toMatchObject({ tenant, payload: text });
    }),
  );
  expect(reason(JSON.parse(JSON.stringify(sealed)))).toBe("opened");
});

describe("an envelope is refused", () => {
  const other = makeId<TenantId>(1);
  const changes: [string, Partial<Record<keyof JobEnvelope, unknown>>][] = [
    ["whose tenant was changed", { tenant: other }],
    ["whose payload was changed", { payload: '{"id":8}' }],
    ["whose trace was changed", { trace: {} }],
    ["whose trace was taken off", { trace: undefined }],
    [
      "whose seal is another's",
      { seal: sealEnvelope(key, "invoice", { tenant: other, payload, trace }).seal },
    ],
    ["whose seal is empty", { seal: "" }],
    ["whose seal is short", { seal: sealed.seal.slice(0, 20) }],
  ];
  test.each(changes)("%s", (_, change) => {
    expect(reason({ ...sealed, ...change })).toContain("the seal does not fit");
  });

  test("with another job, or another secret key", () => {
    expect(reason(sealed, "refund")).toContain('another job than "refund"');
    const otherKey = envelopeKey("another secret key for tests, 32 characters and more");
    expect(reason(sealed, "invoice", otherKey)).toContain("another HESTIA_SECRET_KEY");
  });

  test("where a payload could be taken for the end of a name", () => {
    const moved = sealEnvelope(key, `a","${tenant}`, { tenant, payload });
    expect(reason(moved, "a")).toContain("the seal does not fit");
  });

  test("of a version that is not known", () => {
    expect(reason({ ...sealed, hestia: 2 })).toContain("unknown version 2; update this worker");
  });

  test.each([null, undefined, 7, "text", [], {}, { id: 7 }])("that is none: %j", (given) => {
    expect(reason(given)).toContain("seal payloads with jobs.seal");
  });

  test.each([
    { tenant: 7 },
    { tenant: "acme" },
    { payload: { id: 7 } },
    { seal: 7 },
    { trace: "x" },
    { trace: { a: 1 } },
    { trace: null },
  ])("that is broken: %j", (change) => {
    expect(reason({ ...sealed, ...change })).toContain("its envelope is broken");
  });
});

test("a secret key that is short is refused at the start", () => {
  expect(() => envelopeKey("short")).toThrow("32 characters");
});
