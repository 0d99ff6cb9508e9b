// The story of a tenant from two paged lists: nothing is told out of its order, and nothing is left out in the end.
import type { AuditEventView, OperationView } from "@hestia/api";
import { expect, test } from "vitest";
import { tell } from "./timeline.ts";

const operation = (minute: number) =>
  ({ id: `o${minute}`, createdAt: time(minute) }) as unknown as OperationView;
const event = (minute: number) =>
  ({ id: `e${minute}`, at: time(minute) }) as unknown as AuditEventView;
const time = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const minutes = ({ happenings }: ReturnType<typeof tell>) =>
  happenings.map(({ at }) => new Date(at).getUTCMinutes());

test("what lies before the end of a list that has more is held back", () => {
  const story = tell(
    { items: [operation(50), operation(10)], hasMore: false },
    { items: [event(40), event(30)], hasMore: true },
  );
  expect(minutes(story)).toEqual([50, 40, 30]);
  expect(story.next).toEqual({ operations: false, events: true });
});

test("of two lists with more, the one that ends latest is read on", () => {
  const story = tell(
    { items: [operation(50), operation(20)], hasMore: true },
    { items: [event(40), event(35)], hasMore: true },
  );
  expect(minutes(story)).toEqual([50, 40, 35]);
  expect(story.next).toEqual({ operations: false, events: true });
});

test("read to their ends, both are told whole, the operation above the event of its moment", () => {
  const story = tell(
    { items: [operation(20)], hasMore: false },
    { items: [event(20), event(5)], hasMore: false },
  );
  expect(story.happenings.map(({ kind }) => kind)).toEqual(["operation", "event", "event"]);
  expect(story.next).toEqual({ operations: false, events: false });
});
