// The public names of @hestia/testkit.
export { type CheckOptions, checkIsolation } from "./check.ts";
export type { GivenValues } from "./drafts.ts";
export { toHtml } from "./html.ts";
export { toJunit } from "./junit.ts";
export {
  type Finding,
  type FindingKind,
  type IsolationReport,
  isProven,
  type MutationResult,
  type ReportGroup,
  toJson,
} from "./report.ts";
export type { Credentials } from "./routes/attack.ts";
export type { ScratchApplication } from "./routes/check.ts";
export type { StartOptions } from "./routes/start.ts";
