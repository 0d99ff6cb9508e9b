// The doctor's report as SARIF 2.1.0, for what collects the findings of analyses: code scanning, dashboards.
import { createHash } from "node:crypto";
import type { Finding, Report, Severity } from "@hestia/postgres/doctor";

const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/** The report as one run of one tool; `version` is Hestia's. */
export function doctorSarif(report: Report, version: string): object {
  const checks = [...new Set(report.findings.map(({ check }) => check))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "hestia doctor", version, rules: checks.map(ruleOf) } },
        properties: { postgresql: report.version, databases: report.databases },
        results: report.findings.map(resultOf),
      },
    ],
  };
}

const ruleOf = (check: string) => ({
  id: check,
  shortDescription: { text: check.replaceAll("-", " ") },
});

function resultOf({ check, severity, database, object, why, cure }: Finding): object {
  const place = `${database}/${object}`;
  return {
    ruleId: check,
    level: levels[severity],
    message: { text: `${object}: ${why}\n\n${cure}` },
    locations: [
      {
        // Readers of code want a file: a database is the nearest there is.
        physicalLocation: {
          artifactLocation: { uri: `postgresql/${encodeURIComponent(database)}` },
          region: { startLine: 1 },
        },
        logicalLocations: [{ name: object, fullyQualifiedName: place }],
      },
    ],
    partialFingerprints: {
      "hestia/1": createHash("sha256").update(`${check}/${place}`).digest("hex"),
    },
    properties: { database, cure },
  };
}
