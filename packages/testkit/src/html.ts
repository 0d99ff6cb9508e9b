// The result as a page for an auditor: dated, whole in one file, and readable on paper and on a telephone. Invariant:
// nothing in it comes from elsewhere, and nothing in it runs.

import { style } from "./html-style.ts";
import { escaped } from "./junit.ts";
import type { Finding, IsolationReport } from "./report.ts";

const kinds: Record<Finding["kind"], string> = {
  leak: "Leak",
  survivor: "Hole in the proof",
  unproven: "Not proven",
  difference: "Differs from what was attacked",
};

/** Writes the page. */
export function toHtml(report: IsolationReport): string {
  const title = `Isolation of ${report.target}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kind">Isolation check</p>
<h1>${escaped(report.target)}</h1>
<p>${timeText(report)}</p>
</header>
${verdict(report)}
${figures(report)}
${findingsSection(report)}
${probesSection(report)}
${mutationsSection(report)}
${methodSection(report)}
</main>
</body>
</html>
`;
}

function timeText({ startedAt, finishedAt, server }: IsolationReport): string {
  const seconds = Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  const at = startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return `<time datetime="${escaped(startedAt)}">${escaped(at)}</time>, in ${seconds} seconds, on PostgreSQL ${escaped(server)}`;
}

function verdict({ findings, probes, mutations }: IsolationReport): string {
  const leaks = findings.filter(({ kind }) => kind === "leak").length;
  if (findings.length === 0) {
    const noticed =
      mutations.length > 0
        ? `, and each of ${mutations.length} weakened protections was noticed`
        : "; no protection was weakened to see that a leak would be noticed";
    return `<p class="verdict good"><strong>${mutations.length > 0 ? "Proven." : "Nothing leaked."}</strong> None of ${probes} probes crossed from one tenant to another${noticed}.</p>`;
  }
  const said = leaks > 0 ? "Tenants are not kept apart." : "Not proven.";
  return `<p class="verdict bad"><strong>${said}</strong> ${findings.length} finding${findings.length === 1 ? "" : "s"} below.</p>`;
}

function figures({ probes, failed, mutations, objects, models }: IsolationReport): string {
  const caught = mutations.filter((each) => each.caught).length;
  const list: [string, string][] = [
    ["Probes", `${probes}`],
    ["Failed", `${failed}`],
    ["Mutations caught", mutations.length > 0 ? `${caught} of ${mutations.length}` : "not tried"],
    ["Isolation models", models.join(", ")],
    ...Object.entries(objects).map(([name, count]): [string, string] => [
      capital(name),
      `${count}`,
    ]),
  ];
  return `<dl>${list.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join("")}</dl>`;
}

function findingsSection({ findings }: IsolationReport): string {
  if (findings.length === 0) return "";
  const shown = findings.map(
    ({ kind, name, model, object, way, detail }) => `<li>
<p class="mark">${kinds[kind]}</p>
<h3>${escaped(capital(name))}</h3>
<p class="where">${escaped([object, model, way].filter(Boolean).join(" · "))}</p>
<pre>${escaped(detail)}</pre>
</li>`,
  );
  return `<section><h2>Findings</h2><ol class="findings">${shown.join("\n")}</ol></section>`;
}

function probesSection({ groups }: IsolationReport): string {
  const rows = groups.map(
    ({ model, group, probes, failed }) =>
      `<tr><td>${escaped(model || "all")}</td><td>${escaped(group)}</td><td class="number">${probes}</td><td class="number${failed > 0 ? " failed" : ""}">${failed}</td></tr>`,
  );
  return `<section><h2>Probes</h2><table><thead><tr><th scope="col">Model</th><th scope="col">Of</th><th scope="col" class="number">Played</th><th scope="col" class="number">Failed</th></tr></thead><tbody>${rows.join("")}</tbody></table></section>`;
}

function mutationsSection({ mutations }: IsolationReport): string {
  if (mutations.length === 0) return "";
  const rows = mutations.map(
    ({ name, caught }) =>
      `<tr><td>${escaped(capital(name))}</td><td class="${caught ? "caught" : "failed"}">${caught ? "caught" : "survived"}</td></tr>`,
  );
  return `<section><h2>Mutations</h2><p>Each weakens one protection of the scratch copy. It is caught when a probe fails that held before: that shows that the probes see such a hole.</p><table><thead><tr><th scope="col">Weakened</th><th scope="col">Result</th></tr></thead><tbody>${rows.join("")}</tbody></table></section>`;
}

function methodSection({ full }: IsolationReport): string {
  const breadth = full
    ? "Every mutation was tried on every table."
    : "One mutation of each kind was tried in each model; a full check tries them on every table.";
  return `<section><h2>How it was done</h2>
<p>A scratch copy of the application was made on the same server, from its migrations, with databases and roles of its own. In each isolation model it got two tenants with rows in every table. One attacked the other, through the library as the application would, and past the library with the same login. ${breadth} Nothing of the real tenants was read or changed, and the copy was removed.</p>
<p>What no check can show, such as timing or exhaustion, stands in Hestia's threat model.</p></section>`;
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
