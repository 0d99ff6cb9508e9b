// The register's first page: figures, the chart, the filter and a page of strikes.
import { type ListRequest, listQuery } from "../filters.ts";
import { type Html, html } from "../html.ts";
import type { StrikePage, StrikeRow, Tally } from "../queries.ts";
import { chart, type YearOfStrikes } from "./chart.ts";
import { filterForm } from "./filter-form.ts";
import { type Owner, page } from "./layout.ts";
import { airportLabel, capital, counted, day, dollars, number, share } from "./words.ts";

/** What the page shows. */
export type ListParts = {
  readonly owner: Owner;
  readonly request: ListRequest;
  readonly page: StrikePage;
  readonly tallies: readonly Tally[];
};

/** Makes the page. */
export function listPage({ owner, request, page: strikes, tallies }: ListParts): Html {
  const years = tallies.filter(({ facet }) => facet === "year").map(yearOf);
  const { filter, sort } = request;
  const shown = years.filter(({ year }) => filter.year === undefined || year === filter.year);
  const isEmpty = !tallies.some(({ facet }) => facet === "species");
  const hrefOf = (year: number) =>
    `/${listQuery({ filter: { ...filter, year: year === filter.year ? undefined : year }, sort })}`;
  const body = isEmpty
    ? html`<h1>Strikes</h1><p class="empty">No strikes are registered yet.</p>`
    : html`<h1>Strikes</h1>
${figures(shown)}
${years.length > 0 && chart({ years, chosen: filter.year, hrefOf })}
${filterForm(request, tallies)}
${strikes.strikes.length === 0 ? nothing : table(strikes.strikes)}
${pager(request, strikes)}`;
  return page({ title: "Strikes", owner, at: "strikes", body });
}

function yearOf({ value, strikes, damaging, cost }: Tally): YearOfStrikes {
  return { year: Number(value), strikes, damaging: damaging ?? 0, cost: Number(cost) };
}

function figures(years: readonly YearOfStrikes[]): Html {
  const sum = (member: "strikes" | "damaging" | "cost") =>
    years.reduce((total, each) => total + each[member], 0);
  const [strikes, damaging] = [sum("strikes"), sum("damaging")];
  return html`<dl class="figures">
<div><dt>Strikes</dt><dd>${number(strikes)}</dd></div>
<div><dt>With damage</dt><dd>${number(damaging)} ${damaging > 0 && html`<small>${share(damaging, strikes)}</small>`}</dd></div>
<div><dt>Reported cost</dt><dd>${dollars(sum("cost"))}</dd></div>
</dl>`;
}

const nothing = html`<p class="empty">No strikes are like that. <a href="/">Show all</a></p>`;

function table(strikes: readonly StrikeRow[]): Html {
  return html`<div class="scroll"><table><caption class="hidden">Strikes</caption>
<thead><tr><th scope="col">Date</th><th scope="col">Airport</th><th scope="col">Aircraft</th><th scope="col">Species</th><th scope="col">Phase</th><th scope="col">Damage</th><th scope="col" class="n">Cost</th></tr></thead>
<tbody>
${strikes.map(row)}</tbody></table></div>`;
}

function row(strike: StrikeRow): Html {
  return html`<tr><td class="date"><a href="/strikes/${strike.id}">${day(strike.date)}</a></td><td>${airportLabel(strike)}</td><td>${strike.model}</td><td>${strike.species}</td><td>${capital(strike.phase)}</td><td>${damageTag(strike.damage)}</td><td class="n">${strike.cost === "0" ? "–" : dollars(strike.cost)}</td></tr>
`;
}

/** How bad it was, told by a word and not by its colour alone. */
export function damageTag(damage: string): Html {
  return html`<span class="tag ${damage}">${capital(damage)}</span>`;
}

function pager(request: ListRequest, { strikes, hasNewer, hasOlder }: StrikePage): Html {
  const key = (strike: StrikeRow | undefined) =>
    strike && `${request.sort === "newest" ? strike.date : strike.cost}_${strike.id}`;
  const link = (name: "before" | "after", text: string, strike: StrikeRow | undefined) =>
    html`<a class="button" rel="${name === "before" ? "prev" : "next"}" href="/${listQuery(request, { [name]: key(strike) })}">${text}</a>`;
  const [back, on] = request.sort === "newest" ? ["Newer", "Older"] : ["Costlier", "Cheaper"];
  if (strikes.length === 0) return html``;
  return html`<nav class="pager" aria-label="Pages"><span class="count">${counted(strikes.length, "strike")} on this page</span>${hasNewer && link("before", `← ${back}`, strikes[0])}${hasOlder && link("after", `${on} →`, strikes.at(-1))}</nav>`;
}
