// Values that nobody described: patterns are matched, bounds are kept, and other seeds give other values.
import { expect, test } from "vitest";
import { matching } from "../src/patterns.ts";
import { valuesWithin } from "../src/values.ts";

test.each([
  "^[A-Z]{2}-\\d+$",
  "^(open|closed)$",
  "^[a-z0-9]+(?:-[a-z0-9]+)*$",
  "^\\+?[0-9]{7,15}$",
  "^[^@ ]+@[^@ ]+\\.[a-z]{2,}$",
  "^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$",
  "^.{3,5}$",
])("%s is matched, by another text for another seed", (pattern) => {
  const texts = [7, 8, 9].map((seed) => matching(pattern, seed));
  for (const text of texts) expect(text).toMatch(new RegExp(pattern));
  expect(new Set(texts).size).toBeGreaterThan(1);
});

test("POSIX classes are matched", () => {
  expect(matching("^[[:upper:]]{2}[[:digit:]]+$", 3)).toMatch(/^[A-Z]{2}\d+$/);
});

test("what is not understood gives nothing rather than something wrong", () => {
  for (const pattern of ["^(?=a)b$", "^[a", "a)b"]) expect(matching(pattern, 1)).toBeUndefined();
});

test("values of a partition lie within its bounds", () => {
  const [date] = valuesWithin("FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')", 12);
  expect(date).toBe("2026-01-06");
  expect(valuesWithin("FOR VALUES FROM ('100') TO ('200')", 12)[0]).toBe("105");
  expect(valuesWithin("FOR VALUES IN ('a', 'b')", 1)[0]).toBe("b");
});
