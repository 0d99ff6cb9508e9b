// The form that narrows a list of strikes. What it offers is what there is in the register.
import { damages, isNarrowed, type ListRequest, listQuery, phases } from "../filters.ts";
import { type Content, type Html, html } from "../html.ts";
import type { Tally } from "../queries.ts";
import { capital, number, titled } from "./words.ts";

type Option = { readonly value: string; readonly text: string };

/** Makes the form. */
export function filterForm({ filter, sort }: ListRequest, tallies: readonly Tally[]): Html {
  const of = (facet: Tally["facet"]) => tallies.filter((tally) => tally.facet === facet);
  const airports = of("airport");
  const years = of("year").map(({ value }) => value);
  if (filter.year !== undefined && !years.includes(String(filter.year)))
    years.push(String(filter.year));
  const states = [...new Set(airports.map(({ state }) => state ?? ""))].sort();
  return html`<form class="filter" method="get" action="/" aria-label="Narrow the list">
${select("year", "Year", filter.year, years.sort().map(plain))}
${select("state", "State", filter.state, states.map(plain))}
${select("airport", "Airport", filter.airport, airports.map(tallied))}
${select("species", "Species", filter.species, of("species").map(tallied))}
${select("aircraft", "Aircraft", filter.aircraft, of("aircraft").map(tallied))}
${select("phase", "Phase", filter.phase, phases.map(capitalised))}
${select("damage", "Damage", filter.damage, damages.map(capitalised))}
${select("sort", "Order", sort, [{ value: "costliest", text: "Costliest first" }], "Newest first")}
<div class="actions"><button>Show</button>${isNarrowed(filter) && html`<a href="/${listQuery({ filter: {}, sort })}">Show all</a>`}</div>
</form>`;
}

function select(
  name: string,
  label: string,
  chosen: string | number | undefined,
  options: readonly Option[],
  all = "All",
): Html {
  const current = chosen === undefined ? "" : String(chosen);
  return html`<label><span>${label}</span><select name="${name}"><option value="">${all}</option>${options.map(
    ({ value, text }): Content =>
      html`<option value="${value}"${value === current && html` selected`}>${text}</option>`,
  )}</select></label>`;
}

const plain = (value: string): Option => ({ value, text: value });
const capitalised = (value: string): Option => ({
  value,
  text: value === "any" ? "Any damage" : capital(value),
});
const tallied = ({ facet, value, strikes }: Tally): Option => ({
  value,
  text: `${facet === "airport" ? titled(value) : value} (${number(strikes)})`,
});
