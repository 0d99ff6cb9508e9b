import { expect, test } from "vitest";
import { isSound, parseNote } from "./note-form.ts";

const author = "Ada";
const body = "Looked at it.";

test.each([
  [
    { author, body },
    { author, body },
  ],
  [
    { author: ` ${author}\r\nB. `, body: `${body}\r\nTwice.\tYes\n` },
    { author: "Ada B.", body: "Looked at it.\nTwice.\tYes" },
  ],
  [
    { author: "e\u0301", body: "日本語 👩‍✈️ \u05e9\u05dc\u05d5\u05dd" },
    { author: "é", body: "日本語 👩‍✈️ \u05e9\u05dc\u05d5\u05dd" },
  ],
  [
    { author, body: "👩".repeat(2_000) },
    { author, body: "👩".repeat(2_000) },
  ],
])("%j is kept", (fields, kept) => {
  const form = parseNote(fields);
  expect(form).toMatchObject(kept);
  expect(isSound(form)).toBe(true);
});

test.each([
  [undefined, ["author", "body"]],
  ["author=Ada", ["author", "body"]],
  [{ author: ["Ada", "Bob"], body }, ["author"]],
  [{ author: "  ", body: "\n\t " }, ["author", "body"]],
  [{ author: "a".repeat(81), body }, ["author"]],
  [{ author, body: "b".repeat(2_001) }, ["body"]],
  [{ author, body: "null\0" }, ["body"]],
  [{ author: "Ada\u202Egnp.exe", body }, ["author"]],
])("%j has faults in %j", (fields, names) => {
  const form = parseNote(fields);
  expect(Object.keys(form.errors)).toEqual(names);
  expect(isSound(form)).toBe(false);
});
