// Pages without records: the airlines' index on the bare host, and what is said when something cannot be shown. What a
// message says depends on its kind alone, so that nobody learns from it what there is elsewhere.
import { type Html, html } from "../html.ts";
import { type Owner, page } from "./layout.ts";

/** An airline on the index. */
export type AirlineLink = {
  readonly name: string;
  readonly url: string;
  readonly isolation: string;
};

const modelWords: Record<string, string> = {
  shared: "Shared tables",
  schema: "Own schema",
  database: "Own database",
};

/** The airlines with their addresses. */
export function indexPage(airlines: readonly AirlineLink[]): Html {
  const body = html`<h1>Wildlife strike register</h1>
<p class="lead">Every airline has a register of its own. They run on one application, which never says whose rows it wants.</p>
${airlines.length === 0 ? html`<p class="empty">The airlines are being made ready. Look again in a moment.</p>` : html`<ul class="airlines">${airlines.map(link)}</ul>`}`;
  return page({ title: "Strike register", body });
}

function link({ name, url, isolation }: AirlineLink): Html {
  return html`<li><a class="airline" href="${url}">${name}</a><span class="quiet">${modelWords[isolation] ?? isolation}</span></li>`;
}

/** A page that says one thing. */
export function messagePage(
  { title, text }: { readonly title: string; readonly text: string },
  owner?: Owner,
): Html {
  const body = html`<div class="message"><h1>${title}</h1><p>${text}</p>${owner && html`<p><a href="/">To the strikes</a></p>`}</div>`;
  return page({ title, owner, body });
}
