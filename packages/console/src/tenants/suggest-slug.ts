// A slug made of a name: what a person would shorten it to.
import { limits } from "@hestia/core";

const spelled: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  "&": " and ",
};

/** Returns a slug of the name's letters and digits; empty where it has none that a slug may have. */
export function suggestSlug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[ßæœøđðþł&]/g, (sign) => spelled[sign] ?? "")
    .normalize("NFKD")
    .replaceAll(/\p{M}|['’]/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[0-9-]+/, "")
    .slice(0, limits.slugCharsMax)
    .replace(/-+$/, "");
}

/** Returns the slug with a number at its end, still short enough. */
export function numberedSlug(slug: string, number: number): string {
  const end = `-${number}`;
  return slug.slice(0, limits.slugCharsMax - end.length).replace(/-+$/, "") + end;
}
