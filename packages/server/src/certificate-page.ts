// An erasure certificate as a page to print: whole in itself, with nothing from elsewhere.
import type { CertificateView } from "@hestia/api";

/** Returns the page. */
export function certificatePage(certificate: CertificateView): string {
  const { tenantId, issuedAt, reason, requestedBy, isolation, erased, stores, kept, sha256 } =
    certificate;
  const facts = [
    ["Tenant", tenantId],
    ["Issued", issuedAt],
    ["Requested by", requestedBy],
    ["Reason", reason ?? "none was given"],
    ["Isolation model", isolation],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Erasure certificate ${escaped(tenantId)}</title>
<style>${style}</style></head><body><main>
<h1>Erasure certificate</h1>
<p>Everything below was looked into after the erasure, and holds nothing of the tenant.</p>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>
${table("What was erased", ["Table", "Rows", "SHA-256 of the rows"], erased, ({ name, rows, sha256: digest }) => [name, rows, digest])}
${table("What was looked into", ["Store", "Found"], stores, ({ store, found }) => [store, found])}
${table("What is kept, and why", ["Store", "Why"], kept, ({ store, why }) => [store, why])}
<footer>SHA-256 of this certificate as canonical JSON: <code>${escaped(sha256)}</code></footer>
</main></body></html>`;
}

function table<Row>(
  title: string,
  columns: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly (string | number)[],
): string {
  const body = rows
    .map(
      (row) =>
        `<tr>${cells(row)
          .map((cell) => `<td>${escaped(cell)}</td>`)
          .join("")}</tr>`,
    )
    .join("");
  const none = `<tr><td colspan="${columns.length}">Nothing.</td></tr>`;
  return `<h2>${title}</h2><table><thead><tr>${columns.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>${body || none}</tbody></table>`;
}

function escaped(value: string | number | undefined): string {
  return String(value ?? "").replaceAll(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; overflow-wrap: anywhere; vertical-align: top; }
footer { margin-top: 2rem; overflow-wrap: anywhere; }
@media print { main { margin: 0; } }`;
