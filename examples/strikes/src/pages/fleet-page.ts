// The fleet: each aircraft type with what it has been through.
import { type Html, html } from "../html.ts";
import type { FleetRow } from "../queries.ts";
import { type Owner, page } from "./layout.ts";
import { counted, day, dollars, number, share } from "./words.ts";

/** Makes the page. */
export function fleetPage(owner: Owner, fleet: readonly FleetRow[]): Html {
  const body = html`<h1>Fleet</h1>
${fleet.length === 0 ? html`<p class="empty">No strikes are registered yet.</p>` : table(fleet)}`;
  return page({ title: "Fleet", owner, at: "fleet", body });
}

function table(fleet: readonly FleetRow[]): Html {
  return html`<p class="quiet">${counted(fleet.length, "aircraft type")}, the most struck first.</p>
<div class="scroll"><table><caption class="hidden">Aircraft types</caption>
<thead><tr><th scope="col">Aircraft</th><th scope="col" class="n">Strikes</th><th scope="col" class="n">With damage</th><th scope="col" class="n">Share</th><th scope="col" class="n">Cost</th><th scope="col">Last strike</th></tr></thead>
<tbody>${fleet.map(row)}</tbody></table></div>`;
}

function row({ model, strikes, damaging, cost, last }: FleetRow): Html {
  const href = `/?${new URLSearchParams({ aircraft: model })}`;
  return html`<tr><td><a href="${href}">${model}</a></td><td class="n">${number(strikes)}</td><td class="n">${number(damaging)}</td><td class="n">${share(damaging, strikes)}</td><td class="n">${cost === "0" ? "–" : dollars(cost)}</td><td class="date">${day(last)}</td></tr>
`;
}
