import fc from "fast-check";
import { expect, test } from "vitest";
import { isNarrowed, type ListRequest, listQuery, parseListRequest, phases } from "./filters.ts";

const queryOf = (text: string) => Object.fromEntries(new URLSearchParams(text));
const id = "00000000-0000-8000-8000-000000000000";

test.each([
  ["year=1999", { year: 1999 }],
  ["year=99", {}],
  ["year=1999.5", {}],
  ["phase=climb&damage=any", { phase: "climb", damage: "any" }],
  ["phase=Climb&damage=all", {}],
  ["species=&state=", {}],
  [`species=${"x".repeat(101)}`, {}],
  ["species=%00", {}],
])("%s is read as %j", (text, filter) => {
  const request = parseListRequest(queryOf(text));
  expect(JSON.parse(JSON.stringify(request.filter))).toEqual(filter);
  expect(isNarrowed(request.filter)).toBe(Object.keys(filter).length > 0);
});

test("a list, as a parsed query string may have it, is no text", () => {
  expect(parseListRequest({ species: ["a", "b"], year: { x: 1 } }).filter.species).toBeUndefined();
});

test.each([
  ["after", "1999-10-19", "newest", "older"],
  ["before", "1999-10-19", "newest", "newer"],
  ["after", "130", "costliest", "older"],
  ["after", "1999-10-19", "costliest", undefined],
  ["after", "130", "newest", undefined],
  ["after", "1999-02-30", "newest", undefined],
  ["after", "1999-99-99", "newest", undefined],
  ["after", "-1", "costliest", undefined],
  ["after", "9999999999999999999", "costliest", undefined],
])("%s=%s_… in the order %s is %s", (name, value, sort, direction) => {
  const { position } = parseListRequest({ [name]: `${value}_${id}`, sort });
  expect(position).toEqual(direction && { direction, value, id });
});

test("what is written into a link is what is read from it", () => {
  const text = fc.option(fc.string({ minLength: 1, maxLength: 100 }), { nil: undefined });
  const request = fc.record({
    sort: fc.constantFrom("newest" as const, "costliest" as const),
    filter: fc.record({
      year: fc.option(fc.integer({ min: 1900, max: 2099 }), { nil: undefined }),
      ...{ state: text, airport: text, species: text, aircraft: text },
      phase: fc.option(fc.constantFrom(...phases), { nil: undefined }),
      damage: fc.constantFrom(undefined, "any", "minor", "none"),
    }),
  });
  fc.assert(
    fc.property(request, (asked) => {
      fc.pre(!JSON.stringify(asked).includes("\\u0000"));
      const { position, ...read } = parseListRequest(queryOf(listQuery(asked)));
      expect(position).toBeUndefined();
      expect(read).toEqual(asked satisfies ListRequest);
    }),
  );
});
