// E-mail addresses: one plain mailbox. Quoted ones, which may hold spaces, line breaks and NUL, are no
// one's own, and would reach the head of a message one day.
import { type Parsed, parsedOr } from "./faults.ts";
import { limits } from "./limits.ts";

const mailbox = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;

/** Returns the address as it was given, or the fault it has. */
export function parseEmail(text: unknown): Parsed<string> {
  const isOne =
    typeof text === "string" && text.length <= limits.emailCharsMax && mailbox.test(text);
  const message = "This must be an e-mail address, such as ada@example.com.";
  return parsedOr(isOne ? [] : [{ pointer: "", code: "malformed", message }], () => text as string);
}
