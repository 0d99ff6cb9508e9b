import { expect, test } from "vitest";
import { parseEmail } from "./emails.ts";

test.each([
  "ada@example.com",
  "o'neil+tenants@mail.example.co.uk",
  "A_b-c.d@xn--bcher-kva.example",
])("%s is an address", (text) => {
  expect(parseEmail(text).value).toBe(text);
});

test.each([
  "ada",
  "ada@localhost",
  "@example.com",
  "ada@@example.com",
  '"ada\u0000"@example.com',
  '"ada lovelace"@example.com',
  "ada@example.com\r\nBcc: all@example.com",
  "ada@example.com ",
  `${"x".repeat(65)}@example.com`,
  `ada@${"x.".repeat(130)}example`,
  7,
])("%j is none", (text) => {
  expect(parseEmail(text).faults).toMatchObject([{ code: "malformed" }]);
});
