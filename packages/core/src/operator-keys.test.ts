import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "./limits.ts";
import { parseOperatorKey, parseSentKey } from "./operator-keys.ts";

const codesOf = (text: string) => parseOperatorKey(text).faults?.map((fault) => fault.code);

describe("an operator key", () => {
  test("is any text of 32 characters that a header can carry, without its ends", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[\x21-\x7e\xa1-\xff][\x20-\x7e\xa0-\xff]{30,80}[\x21-\x7e\xa1-\xff]$/),
        fc.stringMatching(/^[ \t\n]{0,3}$/),
        (key, space) => {
          expect(parseOperatorKey(space + key + space).value).toBe(key);
          expect(new Headers({ authorization: `Bearer ${key}` }).get("authorization")).toContain(
            key,
          );
        },
      ),
    );
  });

  test.each([
    ["has a line break inside", `${"k".repeat(20)}\n${"k".repeat(20)}`, ["malformed"]],
    ["has a letter beyond Latin-1", `${"k".repeat(32)}ł`, ["malformed"]],
    ["is too short without its ends", ` ${"k".repeat(31)} `, ["too_short"]],
    ["is too long for a header", "k".repeat(limits.operatorKeyCharsMax + 1), ["too_long"]],
    ["is short and cannot be sent", "\u0000", ["malformed", "too_short"]],
  ])("is refused when it %s", (_, text, codes) => {
    expect(codesOf(text)).toEqual(codes);
  });

  test("may be of any length where it is only sent: the server knows", () => {
    expect(parseSentKey(" wrong ").value).toBe("wrong");
    expect(parseSentKey("a\rb").faults).toHaveLength(1);
  });
});
