import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostReader, isSlug, readHost } from "./hosts.ts";

const base = "example.com";
const named = (field: string) => readHost(field, base).naming;

describe("a host names", () => {
  test.each([
    ["delta.example.com", { slug: "delta" }],
    ["DELTA.Example.COM", { slug: "delta" }],
    ["delta.example.com:4379", { slug: "delta" }],
    ["delta.example.com.", { slug: "delta" }],
    ["delta.example.com.:4379", { slug: "delta" }],
    ["app.delta.com", { domain: "app.delta.com" }],
    ["App.Delta.COM:443", { domain: "app.delta.com" }],
    ["app.delta.com.", { domain: "app.delta.com" }],
    ["bücher.de", { domain: "xn--bcher-kva.de" }],
    ["xn--bcher-kva.de", { domain: "xn--bcher-kva.de" }],
    [Buffer.from("bücher.de").toString("latin1"), { domain: "xn--bcher-kva.de" }],
    ["例え.jp", { domain: "xn--r8jz45g.jp" }],
    ["notexample.com", { domain: "notexample.com" }],
    ["delta.example.com.evil.net", { domain: "delta.example.com.evil.net" }],
  ])("%j: %j", (field, naming) => expect(named(field)).toEqual(naming));
});

describe("a host names nobody", () => {
  test.each([
    "",
    "example.com",
    "EXAMPLE.com.:80",
    "localhost",
    "localhost:4379",
    "database-7",
    "127.0.0.1",
    "127.0.0.1:4379",
    "[::1]",
    "[::1]:4379",
    "[fe80::1]:80",
  ])("%j", (field) => expect(named(field)).toBe("nobody"));
});

describe("a host is nothing that a tenant can be called", () => {
  test.each([
    "a.delta.example.com",
    "www..example.com",
    ".example.com",
    "-delta.example.com",
    "delta-.example.com",
    "del_ta.example.com",
    "7delta.example.com",
    "d.example.com",
    `${"d".repeat(41)}.example.com`,
    "delta.example.com..",
    "delta.example.com:",
    "delta.example.com:0x1f",
    "delta.example.com:99999",
    "delta.example.com:80:80",
    "user@delta.example.com",
    "delta.example.com@evil.net",
    "delta.example.com:80@evil.net",
    "delta%2eexample.com",
    "del%74a.example.com",
    "delta.example.com%00.evil.net",
    "delta.example.com/",
    "delta.example.com\\@evil.net",
    "delta.example.com, united.example.com",
    " delta.example.com",
    "delta.example.com ",
    "del\tta.example.com",
    "delta.example.com\n",
    "del\u00adta%2e.bücher.de",
    "1.2.3.4.5",
    "app.delta.123",
    "[::1",
    "::1",
    "*",
    `${"a.".repeat(200)}example.com`,
    `${"a".repeat(64)}.delta.com`,
  ])("%j", (field) => expect(named(field)).toBe("unknown"));
});

const slugs = fc
  .stringMatching(/^[a-z]([a-z0-9]|-[a-z0-9]){1,15}$/)
  .filter((text) => text.length <= 40);
const mixedCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) => [...text].map((c, at) => (upper[at] ? c.toUpperCase() : c)).join(""));

test("case, port and the root's dot change nothing", () => {
  const fields = slugs.chain((slug) =>
    fc.tuple(
      fc.constant(slug),
      mixedCase(`${slug}.${base}`),
      fc.constantFrom("", "."),
      fc.option(fc.integer({ min: 0, max: 65_535 })),
    ),
  );
  fc.assert(
    fc.property(fields, ([slug, host, dot, port]) => {
      expect(named(`${host}${dot}${port === null ? "" : `:${port}`}`)).toEqual({ slug });
    }),
  );
});

test("whatever is sent, only a slug right below the base domain is a slug, and nothing throws", () => {
  const near = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."delta.example:80@%[]-_ /") }),
    fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}.${base}${after}`),
  );
  fc.assert(
    fc.property(near, (field) => {
      const { host, naming } = readHost(field, base);
      if (typeof naming === "string") return;
      if ("slug" in naming) {
        expect(host).toBe(`${naming.slug}.${base}`);
        expect(isSlug(naming.slug)).toBe(true);
      } else {
        expect(naming).toEqual({ domain: host });
        expect(readHost(host, base)).toEqual({ host, naming });
      }
    }),
    { numRuns: 2_000 },
  );
});

test("what a reader remembers is what it reads", () => {
  const read = hostReader(base);
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 12_000; n++) {
      expect(read(`t${n}.example.com`).naming).toEqual({ slug: `t${n}` });
    }
  }
});

test("a base domain that is no host name is refused at the start", () => {
  for (const bad of ["", "example.com:80", "https://example.com", "a b", "*.example.com"]) {
    expect(() => hostReader(bad)).toThrow("not a host name");
    expect(() => hostReader(base, [bad])).toThrow("not a host name");
  }
  expect(hostReader("Example.COM.")("delta.example.com").naming).toEqual({ slug: "delta" });
});
