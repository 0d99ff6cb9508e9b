// The doctor's public names: for the command line.
export { findEmbeddedUrl } from "./embedded-url.ts";
export { type ExamineOptions, examine, type Report } from "./examine.ts";
export type { Finding, Severity } from "./findings.ts";
