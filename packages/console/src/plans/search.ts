// What stands in the addresses of this room.
import { oneOf, present } from "../shared/search.ts";

/** Of the list: whether a plan is being made. */
export const parsePlansSearch = (search: Record<string, unknown>): { do?: "new" } =>
  present({ do: oneOf(search.do, ["new"]) });

/** Of one plan: its dialog. */
export const parsePlanSearch = (search: Record<string, unknown>): { do?: "edit" | "delete" } =>
  present({ do: oneOf(search.do, ["edit", "delete"]) });
