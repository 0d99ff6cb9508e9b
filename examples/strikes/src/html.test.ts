import fc from "fast-check";
import { expect, test } from "vitest";
import { html } from "./html.ts";

test("text is escaped, wherever it stands", () => {
  const nasty = `<script>alert('1')</script> & "quoted"`;
  expect(html`<p title="${nasty}">${nasty}</p>`.toString()).toBe(
    '<p title="&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;quoted&quot;">&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;quoted&quot;</p>',
  );
});

test("markup stays markup, lists are joined, and what is not there is left out", () => {
  const items = ["<a>", html`<b>1</b>`, 2, null, undefined, false as const, [html`<i>3</i>`, "&"]];
  expect(html`<ul>${items}</ul>${html`<p>${0}</p>`}`.toString()).toBe(
    "<ul>&lt;a&gt;<b>1</b>2<i>3</i>&amp;</ul><p>0</p>",
  );
});

test("an object that only looks like markup is not taken for it", () => {
  const forged = { toString: () => "<script>" } as never;
  expect(() => html`<p>${forged}</p>`.toString()).toThrow();
});

test("whatever the text, a browser reads it back as it was and finds no tag in it", () => {
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const markup = html`${text}`.toString();
      expect(markup).not.toMatch(/[<>"']/);
      expect(markup.replace(/&([a-z]+|#39);/g, (_, name) => named[name] ?? "?")).toBe(text);
    }),
  );
});
