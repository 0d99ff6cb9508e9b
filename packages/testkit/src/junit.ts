// The result as JUnit's XML, for build servers: a case for each kind of probe and for each mutation.

import type { Finding, IsolationReport } from "./report.ts";

/** Writes the XML. */
export function toJunit(report: IsolationReport): string {
  const cases = [
    ...report.groups.map((each) => {
      const name = `${each.group}: ${each.probes} probes`;
      return caseText(
        name,
        each.model || "installation",
        each.failed > 0 ? `${each.failed} failed` : undefined,
      );
    }),
    ...report.findings
      .filter(({ kind }) => kind !== "survivor")
      .map((finding) => caseText(nameOf(finding), finding.model ?? "installation", finding.detail)),
    ...report.mutations.map(({ name, caught }) =>
      caseText(`mutation: ${name}`, "mutations", caught ? undefined : "no probe saw it"),
    ),
  ];
  const failures = cases.filter((text) => text.includes("<failure")).length;
  const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
  const about = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds}" timestamp="${report.startedAt}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="isolation of ${escaped(report.target)}" ${about}>
<testsuite name="isolation of ${escaped(report.target)}" ${about}>
${cases.join("\n")}
</testsuite>
</testsuites>
`;
}

const nameOf = ({ name, object, way }: Finding) =>
  [name, object, way].filter((each) => each !== undefined && each !== "").join(", ");

function caseText(name: string, group: string, failure: string | undefined): string {
  const opening = `<testcase name="${escaped(name)}" classname="isolation.${escaped(group)}"`;
  return failure === undefined
    ? `${opening}/>`
    : `${opening}><failure message="${escaped(failure)}"/></testcase>`;
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as it stands in XML or HTML; what XML cannot hold at all is left out. */
export const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "")
    .replace(/[&<>"']/g, (each) => entities[each] ?? each);
