// Operator keys as texts: any that is long enough to be beyond guessing and that a header field can
// carry. Both ends trim them alike, since a header field's ends carry no spaces.
import { type Fault, type Parsed, parsedOr } from "./faults.ts";
import type { OperatorKeyId } from "./ids.ts";
import { limits } from "./limits.ts";

/** An operator's key, without its text. */
export type OperatorKey = {
  readonly id: OperatorKeyId;
  /** Whose it is, or what it is for. */
  readonly name: string;
  readonly createdAt: Date;
  /** Since when it opens nothing. */
  readonly revokedAt?: Date | undefined;
};

/** Returns the key without the spaces around it, or every fault that keeps it from being one. */
export function parseOperatorKey(text: string): Parsed<string> {
  const { operatorKeyCharsMin: min, operatorKeyCharsMax: max } = limits;
  const key = text.trim();
  const faults = headerFaults(key);
  if (key.length < min)
    faults.push(fault("too_short", `It must have ${min} characters at least, without the ends.`));
  if (key.length > max) faults.push(fault("too_long", `It must have ${max} characters at most.`));
  return parsedOr(faults, () => key);
}

/** Returns the key as a client sends it, of whatever length, or why a header field cannot carry it. */
export function parseSentKey(text: string): Parsed<string> {
  const key = text.trim();
  return parsedOr(headerFaults(key), () => key);
}

function headerFaults(key: string): Fault[] {
  if (/\p{Cc}/u.test(key))
    return [fault("malformed", "It may have no control characters, such as a line break.")];
  if (/[^\u0020-\u00ff]/.test(key))
    return [
      fault("malformed", "It may have only characters of Latin-1, which a header can carry."),
    ];
  return [];
}

function fault(code: string, message: string): Fault {
  return { pointer: "", code, message };
}
