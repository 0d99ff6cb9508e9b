// The frame of every page.

import { stylesheetPath } from "../assets.ts";
import { type Content, type Html, html } from "../html.ts";

/** Whose page it is, as its head and foot say it. */
export type Owner = {
  readonly name: string;
  /** In one sentence, where its records are. */
  readonly place: string;
};

/** What a page is put together from. */
export type PageParts = {
  readonly title: string;
  /** The airline, or undefined on pages that are nobody's. */
  readonly owner?: Owner | undefined;
  /** The entry of the navigation that the page belongs to. */
  readonly at?: "strikes" | "fleet" | undefined;
  readonly body: Content;
};

/** Makes a whole page. */
export function page({ title, owner, at, body }: PageParts): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}${owner && ` · ${owner.name}`}</title>
<link rel="stylesheet" href="${stylesheetPath}">
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div class="wide">
<a class="brand" href="/"><svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M2 18c6-1 9-4 11-8 2 4 3 6 6 7l11-3c-3 6-8 11-15 11-5 0-9-3-13-7z"/></svg><span>${owner?.name ?? "Strike register"}</span></a>
${owner && navigation(at)}
</div></header>
<main id="main" class="wide">
${body}
</main>
<footer class="wide"><p>${owner ? `${owner.place} ` : ""}Wildlife strikes reported to the FAA from January 1990 to July 2002; data from vega-datasets.</p></footer>
</body>
</html>
`;
}

function navigation(at: PageParts["at"]): Html {
  const entry = (name: "strikes" | "fleet", href: string, text: string) =>
    html`<a href="${href}"${at === name && html` aria-current="page"`}>${text}</a>`;
  return html`<nav aria-label="Register">${entry("strikes", "/", "Strikes")}${entry("fleet", "/fleet", "Fleet")}</nav>`;
}
