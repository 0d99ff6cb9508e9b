// Slugs: a tenant's name in host names and paths. A slug is a DNS label, is never mistaken for an
// id, and never shadows a name of the platform.
import { type Fault, type Parsed, parsedOr } from "./faults.ts";
import { isUuid } from "./ids.ts";
import { limits } from "./limits.ts";
import { isReservedName } from "./reserved-names.ts";

/** The characters of a slug, as a regular expression for schemas; `slugFaults` is the full rule. */
export const slugPattern = "^[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*$";

/** Returns the slug, or every fault it has. Slugs are not corrected: what is sent is what is used. */
export function parseSlug(text: unknown): Parsed<string> {
  return parsedOr(slugFaults(text), () => text as string);
}

function slugFaults(text: unknown): Fault[] {
  if (typeof text !== "string") return [fault("wrong_type", "The slug must be a text.")];
  return [...lengthFaults(text), ...shapeFaults(text), ...meaningFaults(text)];
}

function lengthFaults(text: string): Fault[] {
  const { slugCharsMin, slugCharsMax } = limits;
  if (text.length < slugCharsMin)
    return [fault("too_short", `The slug must have at least ${slugCharsMin} characters.`)];
  if (text.length > slugCharsMax)
    return [fault("too_long", `The slug must have at most ${slugCharsMax} characters.`)];
  return [];
}

function shapeFaults(text: string): Fault[] {
  const faults: Fault[] = [];
  if (/[^a-z0-9-]/.test(text))
    faults.push(
      fault("malformed", "The slug may have only lower-case letters a–z, digits and hyphens."),
    );
  if (/^[0-9-]/.test(text)) faults.push(fault("malformed", "The slug must start with a letter."));
  if (text.endsWith("-"))
    faults.push(fault("malformed", "The slug must end with a letter or a digit."));
  // Two hyphens in places three and four announce an encoded label (xn--); refused anywhere.
  if (text.includes("--"))
    faults.push(fault("malformed", "The slug may not have two hyphens in a row."));
  return faults;
}

function meaningFaults(text: string): Fault[] {
  if (isUuid(text)) return [fault("malformed", "The slug may not have the shape of a UUID.")];
  if (isReservedName(text.toLowerCase()))
    return [fault("reserved", `"${text}" is kept for the platform; choose another slug.`)];
  return [];
}

function fault(code: string, message: string): Fault {
  return { pointer: "", code, message };
}
