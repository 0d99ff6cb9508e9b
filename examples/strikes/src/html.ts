// HTML as template literals. Invariant: what is put into a template is text, and is escaped, unless it is itself the
// result of a template. Attributes must be quoted; nothing may be put into a tag's or an attribute's name.

/** Markup that is safe to send: made by `html` alone. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  /** The markup. */
  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template; lists are joined, and what is not there is left out. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

/**
 * Makes markup.
 *
 * @example html`<p title="${title}">${text} ${items.map((item) => html`<b>${item}</b>`)}</p>`
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  let markup = parts[0] ?? "";
  for (let at = 0; at < contents.length; at++) markup += render(contents[at]) + parts[at + 1];
  return new Html(markup);
}

function render(content: Content): string {
  if (typeof content === "string") return escaped(content);
  if (content instanceof Html) return content.toString();
  if (typeof content === "number") return String(content);
  if (content === false || content === null || content === undefined) return "";
  let markup = "";
  for (const each of content) markup += render(each);
  return markup;
}

const special = /[&<>"']/g;
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  special.lastIndex = 0;
  return special.test(text) ? text.replace(special, (character) => escapes[character] ?? "") : text;
}
