import { expect, test } from "vitest";
import { boundAttempts } from "./attempts.ts";

const refused = expect.objectContaining({ code: "too_many_attempts" });

test("an address may try so often in a minute, and then again", () => {
  let at = 0;
  const admit = boundAttempts(2, () => at);
  admit("192.0.2.1");
  admit("192.0.2.1");
  expect(() => admit("192.0.2.1")).toThrow(refused);
  admit("192.0.2.2");
  at = 45_000;
  expect(() => admit("192.0.2.1")).toThrow(
    expect.objectContaining({ details: { retryAfterSeconds: 15 } }),
  );
  at = 60_000;
  admit("192.0.2.1");
});

test("the addresses of one network of IPv6 count as one, and those of another do not", () => {
  const admit = boundAttempts(1, () => 0);
  admit("2001:db8::1");
  expect(() => admit("2001:db8:0:0:ffff::1")).toThrow(refused);
  admit("2001:db8:0:1::1");
  admit("::1");
  admit("::ffff:192.0.2.1");
  admit("::ffff:192.0.2.2");
});

test("what is remembered is bounded", () => {
  const admit = boundAttempts(1, () => 0);
  for (let count = 0; count < 10_000; count += 1) admit(`10.0.${count >> 8}.${count & 255}`);
  admit("10.0.0.0");
});
