// Puts values into the places of a text, and chooses the text that fits a number.
import { locale } from "../texts/index.ts";
import { formatNumber } from "./format.ts";

/** Puts values into places such as `{count}`; a place without a value stays. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : typeof value === "number" ? formatNumber(value) : value;
  });
}

const plurals = new Intl.PluralRules(locale);

/** The text for so many, with the number in it. */
export function counted(
  texts: { readonly one: string; readonly other: string },
  count: number,
): string {
  return fill(plurals.select(count) === "one" ? texts.one : texts.other, { count });
}

/** A part of a text: words, or the name of a place; `at` is where it stands among the parts. */
type Part = { readonly at: number; readonly text: string; readonly name?: string };

/** The parts of a text. */
export function partsOf(text: string): readonly Part[] {
  return text.split(/(\{\w+\})/).map((part, at) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return { at, text: part, ...(name === undefined ? {} : { name }) };
  });
}
