// What can be done with a tenant now, and why the rest cannot: by the same table of moves that the server asks.
import type { TenantView } from "@hestia/api";
import { type TenantMove, type TenantStatus, tenantMoves } from "@hestia/core";
import { texts } from "../texts/index.ts";
import type { RoomDialog } from "./room-search.ts";

/** One thing that can be done, or why it cannot. */
export type Offer = {
  readonly dialog: RoomDialog;
  readonly label: string;
  /** Absent where it is possible. */
  readonly why?: string;
  readonly isDangerous?: true;
};

const ended: readonly TenantStatus[] = ["archived", "purged"];

/** Returns everything, in the order in which it is shown. */
export function offersOf({ status }: Pick<TenantView, "status">): readonly Offer[] {
  const words = texts.tenant.actions;
  const leads = (...moves: readonly TenantMove[]) =>
    moves.some((move) => (tenantMoves[move].from as readonly TenantStatus[]).includes(status));
  const isHeld = status === "suspended" || status === "readonly";
  const is = (possible: boolean, why: string) => (possible ? {} : { why });
  return [
    { dialog: "edit", label: words.edit, ...is(!ended.includes(status), words.why.ended) },
    {
      dialog: "activate",
      label: words.activate,
      ...is(status === "pending", words.why.activate),
    },
    {
      dialog: "suspend",
      label: isHeld ? words.suspendAgain : words.suspend,
      ...is(isHeld || leads("suspend", "make_readonly"), words.why.suspend),
    },
    { dialog: "resume", label: words.resume, ...is(leads("resume"), words.why.resume) },
    { dialog: "hold", label: words.hold, ...is(status !== "purged", words.why.ended) },
    {
      dialog: "restore",
      label: words.restore,
      ...is(leads("restore", "unarchive"), words.why.restore),
    },
    {
      dialog: "delete",
      label: words.delete,
      isDangerous: true,
      ...is(leads("delete"), status === "purged" ? words.why.ended : words.why.delete),
    },
    {
      dialog: "purge",
      label: words.purge,
      isDangerous: true,
      ...is(leads("purge"), status === "purged" ? words.why.ended : words.why.purge),
    },
  ];
}

/** The one that most come for in this status. */
export function firstOffer(status: TenantStatus): RoomDialog | undefined {
  const firsts: Partial<Record<TenantStatus, RoomDialog>> = {
    pending: "activate",
    active: "suspend",
    readonly: "resume",
    suspended: "resume",
    deleting: "restore",
    archived: "restore",
  };
  return firsts[status];
}
