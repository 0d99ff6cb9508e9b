import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDomain } from "./domains.ts";

const codesOf = (text: unknown, baseDomain?: string) =>
  (parseDomain(text, { baseDomain }).faults ?? []).map((fault) => fault.code);

describe("a domain", () => {
  test.each([
    ["acme.com", "acme.com"],
    ["App.Acme.COM", "app.acme.com"],
    ["app.acme.com.", "app.acme.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["ｆｕｌｌ.example", "full.example"],
    ["a.b.c.d.acme.co.uk", "a.b.c.d.acme.co.uk"],
    ["acme.github.io", "acme.github.io"],
    ["strikes.corp.internal", "strikes.corp.internal"],
  ])("%s becomes %s", (text, canonical) => {
    expect(parseDomain(text)).toEqual({ value: canonical });
  });

  test.each([
    "",
    ".",
    "acme",
    "acme..com",
    ".acme.com",
    "-acme.com",
    "acme-.com",
    "ac_me.com",
    "*.acme.com",
    "acme.com:443",
    "https://acme.com",
    "acme.com/path",
    "acme.com?x",
    "user@acme.com",
    "acme .com",
    "acme.com\n",
    "acme%2ecom.com",
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "::1",
    "acme.123",
    "localhost",
    "acme.localhost",
    `${"a".repeat(64)}.com`,
  ])("may not be %j", (text) => expect(codesOf(text)).toContain("malformed"));

  test.each(["com", "co.uk", "github.io", "GITHUB.IO."])(
    "may not be the public suffix %s",
    (text) => expect(["public_suffix", "malformed"]).toContain(codesOf(text)[0]),
  );

  test("may not be the platform's own, at any depth and in any writing", () => {
    for (const text of ["hestia.example", "acme.hestia.example", "A.B.HESTIA.EXAMPLE."])
      expect(codesOf(text, "Hestia.Example")).toEqual(["platform_domain"]);
    expect(codesOf("nothestia.example", "hestia.example")).toEqual([]);
  });

  test("may not be longer than a host name", () => {
    const long = `${Array.from({ length: 130 }, () => "a").join(".")}.com`;
    expect(codesOf(long)).toEqual(["too_long"]);
  });

  test("may be only a text", () => {
    for (const value of [undefined, null, 7, {}, []])
      expect(codesOf(value)).toEqual(["wrong_type"]);
  });

  test("is canonical: parsing it again changes nothing, whatever was sent", () => {
    const anything = fc.oneof(fc.string({ unit: "grapheme" }), fc.domain(), fc.webAuthority());
    fc.assert(
      fc.property(anything, (text) => {
        const { value } = parseDomain(text);
        if (value !== undefined) expect(parseDomain(value)).toEqual({ value });
      }),
      { numRuns: 2_000 },
    );
  });
});
