// What stands in the addresses of this room.
import { oneOf, present } from "../shared/search.ts";

const severities = ["error", "warning", "info"] as const;

/** How bad a finding is. */
export type Severity = (typeof severities)[number];

/** Of the list: whether a check is being asked for. */
export const parseIsolationSearch = (search: Record<string, unknown>): { do?: "check" } =>
  present({ do: oneOf(search.do, ["check"]) });

/** Of a report: which findings are shown. */
export const parseCheckSearch = (search: Record<string, unknown>): { severity?: Severity } =>
  present({ severity: oneOf(search.severity, severities) });
