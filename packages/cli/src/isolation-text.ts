// The isolation check's result as people read it: what was played, then every finding, then one line that says it all.
import type { Finding, IsolationReport } from "@hestia/testkit";
import type { Colours, Output } from "./output.ts";
import { renderTable } from "./table.ts";

/** How many findings of one kind are shown. */
const shownMax = 12;

const kinds: Record<Finding["kind"], string> = {
  leak: "leaks",
  survivor: "mutations that no probe saw",
  unproven: "not proven",
  difference: "different from what was attacked",
};

/** The whole result. */
export function isolationText(report: IsolationReport, output: Output): string {
  const { colours } = output;
  const groups = Map.groupBy(report.findings, ({ kind }) => kind);
  return [
    headText(report, colours),
    renderTable(
      [
        { title: "MODEL" },
        { title: "PROBES OF" },
        { title: "PLAYED", align: "right" },
        { title: "FAILED", align: "right" },
      ],
      report.groups.map(({ model, group, probes, failed }) => [
        model || "all",
        group,
        String(probes),
        failed > 0 ? colours.red(String(failed)) : "0",
      ]),
      output,
    ),
    ...[...groups].map(([kind, findings]) => findingsText(kind, findings, colours)),
    summaryText(report, colours),
  ].join("\n\n");
}

function headText({ target, server, objects }: IsolationReport, colours: Colours): string {
  const counted = Object.entries(objects)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${count === 1 ? name.slice(0, -1) : name}`);
  return colours.dim(`${target}, PostgreSQL ${server}: ${counted.join(", ")}`);
}

function findingsText(
  kind: Finding["kind"],
  findings: readonly Finding[],
  colours: Colours,
): string {
  const shown = findings.slice(0, shownMax).map(({ name, model, object, way, detail }) => {
    const where = [object, model, way].filter(Boolean).join(", ");
    return `  ${colours.bold(name)} ${colours.dim(where)}\n    ${detail.split("\n")[0]}`;
  });
  const rest = findings.length - shown.length;
  return [
    `${colours.red("✖")} ${kinds[kind]}`,
    ...shown,
    ...(rest > 0 ? [colours.dim(`  and ${rest} more; all with --json or --html`)] : []),
  ].join("\n");
}

function summaryText({ probes, failed, mutations, findings }: IsolationReport, colours: Colours) {
  const caught = mutations.filter((each) => each.caught).length;
  const counted = `${probes} probes, ${failed} failed; ${caught} of ${mutations.length} mutations caught`;
  return findings.length === 0
    ? `${colours.green("✔")} Tenants are kept apart: ${counted}.`
    : `${colours.red("✖")} ${findings.length} finding${findings.length === 1 ? "" : "s"}: ${counted}.`;
}
