// What is open in the room of a tenant, as it stands in the address: a dialog outlives a reload and can be sent to a colleague.

/** The dialogs of the room. */
const roomDialogs = [
  "edit",
  "activate",
  "suspend",
  "resume",
  "delete",
  "restore",
  "purge",
  "hold",
  "lift",
  "token",
  "approve",
  "cancel",
] as const;
/** One dialog. */
export type RoomDialog = (typeof roomDialogs)[number];

/** The room's part of the address. */
export type RoomSearch = {
  readonly do?: RoomDialog;
  /** What the dialog is about: a hold, an operation. */
  readonly what?: string;
  /** The comparison with the migrations that is shown. */
  readonly drift?: string;
  /** The delivery whose attempts are shown. */
  readonly delivery?: string;
};

/** Reads it; what is not understood is left out. */
export function parseRoomSearch(search: Record<string, unknown>): RoomSearch {
  const dialog = roomDialogs.find((each) => each === search.do);
  const text = (name: "what" | "drift" | "delivery") =>
    typeof search[name] === "string" ? { [name]: search[name] } : {};
  return {
    ...(dialog ? { do: dialog } : {}),
    ...text("what"),
    ...text("drift"),
    ...text("delivery"),
  };
}
