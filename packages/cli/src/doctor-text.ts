// The doctor's report as people read it: the worst first, alike findings together, each with why and with its cure.
import type { Finding, Report, Severity } from "@hestia/postgres/doctor";
import type { Colours, Output } from "./output.ts";

/** How many of a kind are shown. */
const shownMax = 3;

/** The whole report. */
export function doctorText(report: Report, { colours }: Output): string {
  const groups = Map.groupBy(report.findings, ({ severity, check }) => `${severity} ${check}`);
  return [
    headText(report, colours),
    ...[...groups.values()].map((findings) => groupText(findings, colours)),
    summaryText(report, colours),
  ].join("\n\n");
}

function headText({ version, databases, checks, superuser }: Report, colours: Colours): string {
  const rights = superuser ? "" : ", without a superuser";
  return colours.dim(
    `PostgreSQL ${version}${rights}; ${checks} checks in ${databases.length} databases`,
  );
}

// What differs in its object alone is told once.
function groupText(findings: readonly Finding[], colours: Colours): string {
  const { severity, check } = findings[0] as Finding;
  const alike = [...Map.groupBy(findings, ({ why }) => why).values()];
  const shown = alike.slice(0, shownMax).map((each) => alikeText(each, colours));
  const rest = alike.slice(shownMax).flat().length;
  const more = rest > 0 ? [colours.dim(`  and ${rest} more of this kind; all with --json`)] : [];
  return [`${severityText(severity, colours)} ${colours.dim(check)}`, ...shown, ...more].join("\n");
}

function alikeText([first, ...others]: readonly Finding[], colours: Colours): string {
  const { why, cure } = first as Finding;
  const named = [first as Finding, ...others.slice(0, shownMax - 1)].map(
    ({ object, database }) => `  ${colours.bold(object)} ${colours.dim(`in ${database}`)}`,
  );
  const rest = others.length - (shownMax - 1);
  return [
    ...named,
    ...(rest > 0 ? [colours.dim(`  and ${rest} more like it`)] : []),
    `    ${why}`,
    ...cure.split("\n").map((line) => `      ${colours.cyan(line)}`),
  ].join("\n");
}

function severityText(severity: Severity, colours: Colours): string {
  if (severity === "error") return colours.red("✖ error");
  return severity === "warning" ? colours.yellow("▲ warning") : colours.cyan("· info");
}

function summaryText({ findings }: Report, colours: Colours): string {
  if (findings.length === 0) return `${colours.green("✔")} Nothing was found.`;
  const counts = (["error", "warning", "info"] as const)
    .map((severity) => [severity, findings.filter((each) => each.severity === severity).length])
    .filter(([, count]) => count !== 0)
    .map(
      ([severity, count]) => `${count} ${severity}${count === 1 || severity === "info" ? "" : "s"}`,
    );
  return `${counts.join(", ")}. All cures as SQL for psql: hestia doctor --sql`;
}

/** Every cure, for psql: read it before it is run. */
export function curesText({ findings }: Report): string {
  const byDatabase = Map.groupBy(findings, ({ database }) => database);
  return [...byDatabase]
    .flatMap(([database, own]) => [
      `\\connect "${database.replaceAll('"', '""')}"`,
      ...own.map(({ object, why, cure }) => `\n-- ${object}: ${why}\n${cure}`),
    ])
    .join("\n");
}
