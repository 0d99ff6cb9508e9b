import { describe, expect, test } from "vitest";
import { type DeliveryId, type EventId, makeId, type WebhookId } from "./ids.ts";
import { limits } from "./limits.ts";
import {
  afterAttempt,
  type Delivery,
  disableWebhook,
  makeWebhook,
  parseWebhookUrl,
  patchWebhook,
  reasonToDisable,
  webhookChanges,
} from "./webhooks.ts";

const now = new Date("2026-11-22T10:00:00Z");
const later = new Date("2026-11-22T11:00:00Z");
const webhook = makeWebhook(
  { name: "CRM", url: "https://example.com/hooks", eventTypes: ["tenant.created"] },
  { id: makeId<WebhookId>(now), now },
);

describe("an address", () => {
  test.each([
    ["https://example.com", "https://example.com/"],
    [" https://EXAMPLE.com:443/a b?c=d ", "https://example.com/a%20b?c=d"],
    ["http://127.1/x", "http://127.0.0.1/x"],
    ["http://2130706433/", "http://127.0.0.1/"],
    ["https://[::FFFF:127.0.0.1]/", "https://[::ffff:7f00:1]/"],
  ])("%s is read as %s", (text, canonical) => {
    expect(parseWebhookUrl(text)).toEqual({ value: canonical });
  });

  test.each([
    ["", "malformed"],
    ["example.com/hooks", "malformed"],
    ["ftp://example.com", "malformed"],
    ["javascript:alert(1)", "malformed"],
    ["file:///etc/passwd", "malformed"],
    ["https://", "malformed"],
    ["https://me:secret@example.com/", "not_allowed"],
    ["https://me@example.com/", "not_allowed"],
    ["https://example.com/#part", "not_allowed"],
    [`https://example.com/${"x".repeat(limits.webhookUrlCharsMax)}`, "too_long"],
    [7, "wrong_type"],
  ])("%s is refused as %s", (text, code) => {
    expect(parseWebhookUrl(text).faults).toMatchObject([{ code }]);
  });
});

describe("a webhook", () => {
  test("is active at first", () => {
    expect(webhook).toMatchObject({ status: "active", version: 1, createdAt: now });
  });

  test("changes what is said, and nothing by a patch that says nothing new", () => {
    const patched = patchWebhook(webhook, { name: "Billing", eventTypes: null }, later);
    expect(patched).toMatchObject({ name: "Billing", version: 2, updatedAt: later });
    expect(patched.eventTypes).toBeUndefined();
    expect(webhookChanges(webhook, patched)).toEqual({
      before: { name: "CRM", eventTypes: ["tenant.created"] },
      after: { name: "Billing", eventTypes: null },
    });
    expect(patchWebhook(webhook, { name: "CRM", status: "active" }, later)).toBe(webhook);
  });

  test("says why it is disabled, and forgets that when it is switched on again", () => {
    const disabled = disableWebhook({ ...webhook, failingSince: now }, "Gone.", later);
    expect(disabled).toMatchObject({ status: "disabled", statusReason: "Gone.", version: 2 });
    const active = patchWebhook(disabled, { status: "active" }, later);
    expect(active).toMatchObject({ status: "active", version: 3 });
    expect([active.statusReason, active.failingSince]).toEqual([undefined, undefined]);
  });
});

describe("a delivery", () => {
  const delivery: Delivery = {
    id: makeId<DeliveryId>(now),
    webhookId: webhook.id,
    eventId: makeId<EventId>(now),
    type: "tenant.created",
    status: "pending",
    attempts: [],
    tries: 0,
    createdAt: now,
    nextAttemptAt: now,
  };
  const failure = { at: now, durationMs: 5, statusCode: 500, error: "It answered 500." };

  test("is delivered by a success, whatever came before", () => {
    const once = afterAttempt(delivery, failure, { now, random: 0 });
    const { error: _none, ...success } = { ...failure, statusCode: 204 };
    const done = afterAttempt(once, success, { now: later, random: 0 });
    expect(done).toMatchObject({ status: "delivered", finishedAt: later, tries: 2 });
    expect(done.nextAttemptAt).toBeUndefined();
    expect(done.attempts.map(({ statusCode }) => statusCode)).toEqual([500, 204]);
  });

  test("is tried ten times over about three days and then abandoned", () => {
    let at = now;
    let state = delivery;
    const pauses: number[] = [];
    while (state.status !== "abandoned") {
      state = afterAttempt(state, failure, { now: at, random: 0 });
      pauses.push(((state.nextAttemptAt ?? at).getTime() - at.getTime()) / 60_000);
      at = state.nextAttemptAt ?? at;
    }
    expect(pauses).toEqual([5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440, 0]);
    expect(state).toMatchObject({ tries: 10, finishedAt: at });
  });

  test("waits a little longer by chance, and as long as it is asked to, within a day", () => {
    const pauseOf = (retryAfterMs: number | undefined, random: number) => {
      const after = afterAttempt(delivery, { ...failure, retryAfterMs }, { now, random });
      return (after.nextAttemptAt?.getTime() ?? 0) - now.getTime();
    };
    expect([pauseOf(undefined, 0), pauseOf(undefined, 1)]).toEqual([5_000, 5_500]);
    expect([pauseOf(1_000, 0), pauseOf(90_000, 0)]).toEqual([5_000, 90_000]);
    expect(pauseOf(1e12, 0)).toBe(24 * 3_600_000);
  });

  test("keeps the latest of its attempts", () => {
    let state = delivery;
    for (let n = 0; n < 30; n++)
      state = afterAttempt(
        { ...state, tries: 0 },
        { ...failure, durationMs: n },
        { now, random: 0 },
      );
    expect(state.attempts.map(({ durationMs }) => durationMs)).toEqual(
      Array.from({ length: limits.deliveryAttemptsKept }, (_, index) => index + 10),
    );
  });

  test("disables its webhook by 410 at once, and by failures after five days", () => {
    const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
    const failing = { failingSince: now };
    expect(reasonToDisable({}, { ...failure, statusCode: 410 }, now)).toContain("410");
    expect(reasonToDisable({}, failure, days(9))).toBeUndefined();
    expect(reasonToDisable(failing, failure, days(4.9))).toBeUndefined();
    expect(reasonToDisable(failing, failure, days(5))).toContain(now.toISOString());
  });
});
