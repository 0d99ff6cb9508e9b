// One strike: what was reported, what people noted about it, and the form to add a note.
import { type Content, type Html, html } from "../html.ts";
import { type NoteForm, noteLimits } from "../note-form.ts";
import type { Note, StrikeDetails } from "../queries.ts";
import { type Owner, page } from "./layout.ts";
import { damageTag } from "./list-page.ts";
import { airportLabel, capital, counted, day, dollars, moment, titled } from "./words.ts";

/** What the page shows. */
export type StrikeParts = {
  readonly owner: Owner;
  readonly strike: StrikeDetails;
  readonly notes: readonly Note[];
  /** What was sent and what is wrong with it; undefined where notes cannot be added at present. */
  readonly form?: NoteForm | undefined;
};

/** Makes the page. */
export function strikePage({ owner, strike, notes, form }: StrikeParts): Html {
  const title = `${strike.species}, ${day(strike.date)}`;
  const body = html`<p class="back"><a href="/">← All strikes</a></p>
<h1>${title}</h1>
<div class="sides"><section aria-label="Report">${details(strike)}</section>
<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">${counted(notes.length, "note")}</h2>
${notes.length === 0 ? html`<p class="quiet">Nobody has noted anything about this strike yet.</p>` : html`<ol class="notes">${notes.map(note)}</ol>`}
${form ? noteForm(strike.id, form) : html`<p class="quiet">This register is read-only at present.</p>`}
</section></div>`;
  return page({ title, owner, at: "strikes", body });
}

function details(strike: StrikeDetails): Html {
  const { cost, repairCost, otherCost, speedKnots, city } = strike;
  const line = (term: string, text: Content) => html`<div><dt>${term}</dt><dd>${text}</dd></div>`;
  return html`<dl class="details">
${line("Damage", damageTag(strike.damage))}
${line("Cost", cost === "0" ? "None reported" : `${dollars(cost)} (repair ${dollars(repairCost)}, other ${dollars(otherCost)})`)}
${line("Species", [strike.species, !strike.identified && html` <small>not identified</small>`])}
${line("Size", capital(strike.size))}
${line("Airport", airportLabel(strike))}
${line("Place", [city && `${city}, `, strike.state])}
${line("As reported", titled(strike.airportName))}
${line("Aircraft", html`<a href="/?${new URLSearchParams({ aircraft: strike.model }).toString()}">${strike.model}</a>`)}
${line("Phase of flight", capital(strike.phase))}
${line("Time of day", capital(strike.timeOfDay))}
${line("Speed", speedKnots === null ? "Not reported" : `${speedKnots} knots`)}
</dl>`;
}

function note({ author, body, createdAt }: Note): Html {
  return html`<li><p class="body">${body}</p><p class="quiet">${author}, <time datetime="${createdAt.toISOString()}">${moment(createdAt)} UTC</time></p></li>`;
}

function noteForm(strikeId: string, { author, body, errors }: NoteForm): Html {
  const fault = (name: "author" | "body") =>
    errors[name] !== undefined &&
    html`<span class="fault" id="${name}-fault">${errors[name]}</span>`;
  const described = (name: "author" | "body") =>
    errors[name] !== undefined && html` aria-invalid="true" aria-describedby="${name}-fault"`;
  return html`<form class="note" method="post" action="/strikes/${strikeId}/notes#notes">
<label><span>Your name</span><input name="author" value="${author}" autocomplete="name" maxlength="${noteLimits.author}" required${described("author")}>${fault("author")}</label>
<label><span>Note</span><textarea name="body" rows="4" maxlength="${noteLimits.body}" required${described("body")}>${"\n"}${body}</textarea>${fault("body")}</label>
<button>Add note</button>
</form>`;
}
