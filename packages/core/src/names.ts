// Texts that people write: display names and reasons. They come out trimmed and in Unicode's NFC,
// so that what looks equal compares equal, and without characters that hide or reorder others.
import { type Fault, type Parsed, parsedOr } from "./faults.ts";
import { limits } from "./limits.ts";

// Controls, unpaired surrogates, line separators, marks that turn the direction of writing, and what has no width and joins
// nothing: emoji and scripts need the joiners.
const hidden =
  /[\p{Cc}\p{Cs}\u2028\u2029\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\u00AD\u180E\u200B\u2060-\u2064\uFEFF\uFFF9-\uFFFB]/u;
// Spaces, marks without a letter, and letters that are blank.
const unseen = /[\p{White_Space}\p{Mark}\p{Default_Ignorable_Code_Point}\u2800]/gu;
// No script stacks so many on a letter; they would be drawn over the lines around.
const stacked = /\p{Mark}{11}/u;

/** Returns a display name in canonical form, or every fault it has. */
export function parseName(text: unknown): Parsed<string> {
  return parseText(text, { what: "name", charsMax: limits.nameCharsMax, lines: false });
}

/** Returns the reason for an action in canonical form, or every fault it has. */
export function parseReason(text: unknown): Parsed<string> {
  return parseText(text, { what: "reason", charsMax: limits.reasonCharsMax, lines: true });
}

/** Returns a description in canonical form, or every fault it has. */
export function parseDescription(text: unknown): Parsed<string> {
  return parseText(text, {
    what: "description",
    charsMax: limits.descriptionCharsMax,
    lines: true,
  });
}

type TextRule = { readonly what: string; readonly charsMax: number; readonly lines: boolean };

function parseText(text: unknown, { what, charsMax, lines }: TextRule): Parsed<string> {
  if (typeof text !== "string")
    return { faults: [fault("wrong_type", `The ${what} must be a text.`)] };
  const canonical = text.normalize("NFC").replaceAll(/\r\n?/g, "\n").trim();
  const faults: Fault[] = [];
  const length = [...canonical].length;
  if (length === 0) faults.push(fault("too_short", `The ${what} may not be empty.`));
  if (length > charsMax)
    faults.push(fault("too_long", `The ${what} must have at most ${charsMax} characters.`));
  if (hidden.test(lines ? canonical.replaceAll(/[\n\t]/g, " ") : canonical))
    faults.push(fault("malformed", `The ${what} may not have control characters.`));
  else if (length > 0 && canonical.replaceAll(unseen, "") === "")
    faults.push(fault("malformed", `The ${what} must have something to be seen.`));
  if (stacked.test(canonical))
    faults.push(fault("malformed", `The ${what} has too many marks on one letter.`));
  return parsedOr(faults, () => canonical);
}

function fault(code: string, message: string): Fault {
  return { pointer: "", code, message };
}
