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

/** The parts of a text: its words, and the names of its places. */
export function partsOf(
  text: string,
): readonly { readonly text: string; readonly name?: string }[] {
  return text.split(/(\{\w+\})/).map((part) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name === undefined ? { text: part } : { text: part, name };
  });
}
