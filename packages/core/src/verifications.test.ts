import { expect, test } from "vitest";
import type { EventId, TenantId } from "./ids.ts";
import { requirements } from "./plans.ts";
import {
  adviceOn,
  closeVerification,
  missingOf,
  openVerification,
  waitingReason,
} from "./verifications.ts";

const now = new Date("2026-01-02T00:00:00Z");
const tenantId = "0197f0a0-0000-7000-8000-000000000001" as TenantId;
const by = { kind: "system", name: "test" } as const;
const open = requirements.map((each) => openVerification(tenantId, each, "the-challenge"));

test("what is missing is what is open, in the order of the requirements", () => {
  expect(missingOf([...open].reverse())).toEqual([...requirements]);
  const closed = open.map((each, index) =>
    closeVerification(each, { state: index % 2 === 0 ? "met" : "waived", by, now }),
  );
  expect(missingOf(closed)).toEqual([]);
  expect(missingOf([...closed.slice(0, 3), ...open.slice(3)])).toEqual(["approval"]);
  expect(waitingReason(["approval"])).toBe("It waits for: an approval.");
});

test("what is closed has no token any more", () => {
  const [email = openVerification(tenantId, "email", "")] = open;
  const issued = { ...email, issue: "x" as EventId, expiresAt: now, requestedAt: now };
  const met = closeVerification(issued, { state: "met", by, now });
  expect(met).not.toHaveProperty("issue");
  expect(met).not.toHaveProperty("expiresAt");
  expect(met).toMatchObject({ requestedAt: now, metAt: now, metBy: by });
});

test("an open one says what to do with what is known", () => {
  const [email, domain] = open;
  const say = (each = email, facts = {}) => adviceOn(each as (typeof open)[0], facts, now);
  expect(say(email)).toContain("name the administrator's address");
  expect(say(email, { email: "ada@example.net" })).toContain("has none that is good");
  const later = new Date(now.getTime() + 1);
  const issued = { ...(email as (typeof open)[0]), issue: "x" as EventId, expiresAt: later };
  expect(say(issued, { email: "ada@example.net" })).toContain("ada@example.net has to confirm");
  expect(say(issued, { email: "ada@example.net", isHeard: false })).toContain("No webhook lists");
  expect(say(domain)).toBe("Give the tenant a domain.");
  expect(say(domain, { domain: "acme.com" })).toContain(
    "_hestia-challenge.acme.com to the-challenge",
  );
});
