// What stands in the address of this room: which dialog is open, and about which key.
import { isUuid } from "@hestia/core";
import { oneOf, present, textOf } from "../shared/search.ts";

const dialogs = ["new-key", "revoke", "sign-out"] as const;

/** The room's part of the address. */
export type SettingsSearch = { readonly do?: (typeof dialogs)[number]; readonly key?: string };

/** Reads it. */
export function parseSettingsSearch(search: Record<string, unknown>): SettingsSearch {
  const key = textOf(search.key);
  return present({
    do: oneOf(search.do, dialogs),
    key: key !== undefined && isUuid(key) ? key : undefined,
  });
}
