// Operations and audit events as one story, newest first. Each list comes in pages: what lies before the end of a list that
// has more is held back, since something of it may belong in between.
import type { AuditEventView, OperationView } from "@hestia/api";

/** One thing that happened. */
type Happening =
  | { readonly kind: "operation"; readonly at: string; readonly operation: OperationView }
  | { readonly kind: "event"; readonly at: string; readonly event: AuditEventView };

/** A list as far as it was read. */
export type Read<Item> = { readonly items: readonly Item[]; readonly hasMore: boolean };

/** The story as far as it can be told, and which lists have to be read on for more. */
export type Story = {
  readonly happenings: readonly Happening[];
  readonly next: { readonly operations: boolean; readonly events: boolean };
};

/** Tells it. */
export function tell(operations: Read<OperationView>, events: Read<AuditEventView>): Story {
  const told: Happening[] = [
    ...operations.items.map((operation) => ({
      ...{ kind: "operation" as const, at: operation.createdAt, operation },
    })),
    ...events.items.map((event) => ({ kind: "event" as const, at: event.at, event })),
  ];
  const end = {
    operations: endOf(operations, ({ createdAt }) => createdAt),
    events: endOf(events, ({ at }) => at),
  };
  const horizon = [end.operations, end.events].toSorted().at(-1) ?? "";
  return {
    happenings: told.filter(({ at }) => at >= horizon).toSorted(newestFirst),
    // The list that ends latest holds the others back.
    next: {
      operations: operations.hasMore && end.operations === horizon,
      events: events.hasMore && end.events === horizon,
    },
  };
}

function endOf<Item>({ items, hasMore }: Read<Item>, time: (item: Item) => string): string {
  const last = items.at(-1);
  return hasMore && last !== undefined ? time(last) : "";
}

// Of the same moment, the event says why the operation follows: it is told below it.
function newestFirst(one: Happening, other: Happening): number {
  if (one.at !== other.at) return one.at < other.at ? 1 : -1;
  return one.kind === other.kind ? 0 : one.kind === "operation" ? -1 : 1;
}
