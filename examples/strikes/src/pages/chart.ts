// Strikes per year as bars, each a link that narrows the list to its year. The same figures stand in a table below it,
// for those who do not see the picture.
import { type Html, html } from "../html.ts";
import { counted, dollars, number } from "./words.ts";

/** A year of the chart. */
export type YearOfStrikes = {
  readonly year: number;
  readonly strikes: number;
  readonly damaging: number;
  readonly cost: number;
};

/** What the chart shows. */
export type ChartParts = {
  readonly years: readonly YearOfStrikes[];
  /** The year that the list is narrowed to. */
  readonly chosen?: number | undefined;
  /** Where a year leads. */
  readonly hrefOf: (year: number) => string;
};

const size = { width: 920, height: 220, left: 44, right: 4, top: 14, bottom: 26 };
const plotHeight = size.height - size.top - size.bottom;

/** Makes the chart. */
export function chart({ years, chosen, hrefOf }: ChartParts): Html {
  const all = fill(years);
  const most = Math.max(1, ...all.map(({ strikes }) => strikes));
  const step = stepFor(most);
  const top = Math.ceil(most / step) * step;
  const heightOf = (value: number) => round((value / top) * plotHeight);
  const lines = Array.from({ length: top / step + 1 }, (_, index) => index * step);
  const slot = (size.width - size.left - size.right) / all.length;
  return html`<figure class="chart">
<figcaption><b>Strikes per year</b><span class="key all"></span>All <span class="key harm"></span>With damage</figcaption>
<div class="plot"><svg viewBox="0 0 ${size.width} ${size.height}" role="group" aria-labelledby="chart-title chart-text">
<title id="chart-title">Strikes per year</title>
<desc id="chart-text">${summaryOf(years)}</desc>
${lines.map((value) => {
  const y = size.height - size.bottom - heightOf(value);
  return html`<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${y}" y2="${y}"/><text class="axis" x="${size.left - 8}" y="${y + 4}" text-anchor="end">${number(value)}</text>`;
})}
${all.map((each, index) => bar(each, { x: size.left + index * slot, slot, heightOf, chosen, href: hrefOf(each.year) }))}
</svg></div>
${table(years)}
</figure>`;
}

type BarPlace = {
  readonly x: number;
  readonly slot: number;
  readonly heightOf: (value: number) => number;
  readonly chosen: number | undefined;
  readonly href: string;
};

function bar(each: YearOfStrikes, { x, slot, heightOf, chosen, href }: BarPlace): Html {
  const base = size.height - size.bottom;
  const width = round(Math.min(slot * 0.68, 44));
  const left = round(x + (slot - width) / 2);
  const part = (kind: string, value: number) =>
    html`<rect class="${kind}" x="${left}" y="${round(base - heightOf(value))}" width="${width}" height="${heightOf(value)}" rx="2"/>`;
  const label = `${each.year}: ${counted(each.strikes, "strike")}, ${number(each.damaging)} with damage`;
  return html`<a href="${href}" aria-label="${label}"${chosen === each.year && html` aria-current="true"`}><title>${label}</title><rect class="hit" x="${round(x)}" y="${size.top}" width="${round(slot)}" height="${size.height - size.top}"/>${part("all", each.strikes)}${part("harm", each.damaging)}<text class="axis" x="${round(x + slot / 2)}" y="${size.height - 8}" text-anchor="middle">${each.year}</text></a>`;
}

function table(years: readonly YearOfStrikes[]): Html {
  return html`<details><summary>The same as a table</summary><table class="small"><thead><tr><th scope="col">Year</th><th scope="col" class="n">Strikes</th><th scope="col" class="n">With damage</th><th scope="col" class="n">Cost</th></tr></thead><tbody>${years.map(
    ({ year, strikes, damaging, cost }) =>
      html`<tr><th scope="row">${year}</th><td class="n">${number(strikes)}</td><td class="n">${number(damaging)}</td><td class="n">${dollars(cost)}</td></tr>`,
  )}</tbody></table></details>`;
}

function summaryOf(years: readonly YearOfStrikes[]): string {
  const most = years.reduce((best, each) => (each.strikes > best.strikes ? each : best));
  const [first, last] = [years[0]?.year, years.at(-1)?.year];
  return `A bar for each year from ${first} to ${last}. Most strikes: ${number(most.strikes)} in ${most.year}.`;
}

/** Years without strikes have a place too. */
function fill(years: readonly YearOfStrikes[]): YearOfStrikes[] {
  const byYear = new Map(years.map((each) => [each.year, each]));
  const [first = 0, last = 0] = [years[0]?.year, years.at(-1)?.year];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const year = first + index;
    return byYear.get(year) ?? { year, strikes: 0, damaging: 0, cost: 0 };
  });
}

/** The lines' distance: 1, 2 or 5 times a power of ten, so that there are at most five. */
function stepFor(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.5, 1, 2, 5].map((factor) => factor * power).find((each) => most / each <= 5);
  return Math.max(1, Math.round(step ?? power));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
