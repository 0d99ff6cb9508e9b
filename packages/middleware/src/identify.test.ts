import { HestiaError, makeId, type TenantId, type TenantStatus } from "@hestia/core";
import type { DirectoryEntry, TenantKey } from "@hestia/postgres";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  admit,
  makeIdentify,
  type RequestFacts,
  type Source,
  type SourceReader,
  splitTenantPath,
} from "./identify.ts";

function entryOf(slug: string, domain: string | null): DirectoryEntry {
  return {
    ...{ id: makeId<TenantId>(0), slug, name: slug, domain, status: "active", isolation: "shared" },
    ...{ cluster: "default", database: "data", place: "app", credentials: null, version: 1 },
    schemaVersion: null,
  };
}

const delta = entryOf("delta", "strikes.delta.com");
const united = entryOf("united", null);
const entries = [delta, united];
const unknownId = "01890000-0000-7000-8000-000000000000";

async function find(key: TenantKey): Promise<DirectoryEntry | undefined> {
  const [column, value] = Object.entries(key)[0] as ["id" | "slug" | "domain", string];
  return entries.find((entry) => entry[column] === value);
}

const facts = (given: Partial<RequestFacts>): RequestFacts => ({
  ...{ hosts: [""], headers: {}, path: "/" },
  ...given,
});

const ownHosts = ["orders.internal.net", "app.example.com"];
const all: readonly Source[] = ["host", "header", "path"];

async function outcome(given: Partial<RequestFacts>, sources = all): Promise<string> {
  const identify = makeIdentify({ baseDomain: "example.com", hosts: ownHosts, sources, find });
  return identify(facts(given)).then(
    (entry) => entry?.slug ?? "nobody",
    (error) => error.code,
  );
}

const host = (...hosts: string[]) => ({ hosts });
const header = (headers: Record<string, string | string[]>) => ({ headers });

describe("identification", () => {
  test.each([
    ["a slug's host", host("delta.example.com"), "delta"],
    ["a tenant's domain", host("strikes.delta.com:443"), "delta"],
    ["an id", header({ "x-tenant-id": delta.id }), "delta"],
    ["an id in capitals", header({ "x-tenant-id": delta.id.toUpperCase() }), "delta"],
    ["a slug in a header", header({ "x-tenant-slug": "united" }), "united"],
    ["a path", { path: "/t/united/strikes?year=1999" }, "united"],
    ["a path alone", { path: "/t/united" }, "united"],
    ["all of them, agreeing", all4("delta"), "delta"],
    [
      "a header that came twice with one value",
      header({ "x-tenant-slug": "delta, delta" }),
      "delta",
    ],
    ["the same host twice", host("delta.example.com", "DELTA.example.com."), "delta"],
    [
      "a header beside a name of the application's own",
      { ...host("Orders.internal.net:80"), ...slugged("delta") },
      "delta",
    ],
    [
      "a header beside a name of its own below the base domain",
      { ...host("app.example.com"), ...slugged("delta") },
      "delta",
    ],
    ["a header beside a machine's name", { ...host("web-7:80"), ...slugged("delta") }, "delta"],
    [
      "a URL of the server's own beside a host",
      { ...host("delta.example.com"), urlHost: "localhost:3000" },
      "delta",
    ],
    [
      "a URL that says what the host says",
      { ...host("DELTA.example.com:80"), urlHost: "delta.example.com" },
      "delta",
    ],
    ["a header beside an address", { ...host("127.0.0.1:80"), ...slugged("delta") }, "delta"],
    ["nothing", {}, "nobody"],
    ["the base domain", host("example.com"), "nobody"],
    ["a path of the application's", { path: "/things/t/delta" }, "nobody"],
  ])("takes %s", async (_name, given, expected) => expect(await outcome(given)).toBe(expected));

  test.each([
    ["a slug that no one has", host("aloha.example.com")],
    ["a domain that no one has", host("strikes.aloha.com")],
    ["a host below a slug", host("www.delta.example.com")],
    ["a broken host", host("delta.example.com@evil.net")],
    ["an id that no one has", header({ "x-tenant-id": unknownId })],
    ["an id that is none", header({ "x-tenant-id": "1" })],
    ["an empty header", header({ "x-tenant-slug": "" })],
    ["a slug that is none", header({ "x-tenant-slug": "Delta" })],
    ["a slug with SQL in it", header({ "x-tenant-slug": "delta' or true --" })],
    ["an encoded slug in a path", { path: "/t/del%74a/" }],
    ["a path without a slug", { path: "/t//delta/" }],
    ["a slug for an id", header({ "x-tenant-id": "delta" })],
    ["an id for a slug", header({ "x-tenant-slug": delta.id })],
  ])("does not find %s", async (_name, given) =>
    expect(await outcome(given)).toBe("tenant_not_found"),
  );

  test.each([
    ["a host and a header", { ...host("delta.example.com"), ...slugged("united") }],
    ["a domain and a header", { ...host("strikes.delta.com"), ...slugged("united") }],
    ["a host and a path", { ...host("delta.example.com"), path: "/t/united/" }],
    ["a header and a path", { ...slugged("delta"), path: "/t/united/" }],
    ["two headers", header({ "x-tenant-slug": "delta", "x-tenant-id": united.id })],
    ["a header that came twice", header({ "x-tenant-slug": "delta, united" })],
    ["a header in a list", header({ "x-tenant-slug": ["delta", "united"] })],
    ["two hosts", host("delta.example.com", "united.example.com")],
    ["two hosts of which one names nobody", host("delta.example.com", "example.com")],
    ["a tenant and no tenant", { ...host("delta.example.com"), ...slugged("aloha") }],
    ["a tenant and nonsense", { ...host("delta.example.com"), ...slugged("!") }],
    ["nonsense and a tenant", { ...host("a@b"), ...slugged("delta") }],
    ["a stranger's domain and a tenant", { ...host("evil.net"), ...slugged("delta") }],
    [
      "a stranger's domain and a path",
      { ...host("delta.example.com.evil.net"), path: "/t/delta/" },
    ],
    ["a host and a URL", { ...host("delta.example.com"), urlHost: "united.example.com" }],
    ["no host and a URL", { urlHost: "united.example.com" }],
  ])("refuses %s that disagree", async (_name, given) =>
    expect(await outcome(given)).toBe("tenant_sources_disagree"),
  );

  test("reads only the sources that are on", async () => {
    expect(await outcome({ ...host("delta.example.com"), ...slugged("united") }, ["host"])).toBe(
      "delta",
    );
    expect(await outcome(slugged("delta"), ["host", "path"])).toBe("nobody");
    expect(await outcome({ path: "/t/delta/" }, ["host", "header"])).toBe("nobody");
    expect(await outcome(host("delta.example.com"), [])).toBe("nobody");
  });

  test("refuses what a source of one's own refuses, whatever the others say", async () => {
    const broken: Source = async () => {
      throw new HestiaError("token_invalid");
    };
    for (const sources of [
      [broken, "host"],
      ["host", broken],
    ] as Source[][]) {
      expect(await outcome(host("delta.example.com"), sources)).toBe("token_invalid");
    }
  });

  test("takes a source of one's own, which must agree like any other", async () => {
    const claim: SourceReader = ({ headers }) =>
      headers.claim === undefined ? "nobody" : { id: String(headers.claim) };
    const given = { headers: { claim: delta.id } };
    expect(await outcome(given, [claim])).toBe("delta");
    expect(await outcome(given, [async (told) => claim(told)])).toBe("delta");
    expect(await outcome({ ...given, ...host("united.example.com") }, ["host", claim])).toBe(
      "tenant_sources_disagree",
    );
  });

  test("never serves one tenant to a request that also names another", () => {
    const slot = fc.constantFrom(undefined, "delta", "united", "aloha");
    const property = fc.asyncProperty(slot, slot, slot, slot, async (...slots) => {
      const [inHost, inId, inSlug, inPath] = slots;
      const idOf = (slug: string) => entries.find((entry) => entry.slug === slug)?.id ?? unknownId;
      const given = facts({
        ...(inHost ? host(`${inHost}.example.com`) : {}),
        headers: {
          ...(inId ? { "x-tenant-id": idOf(inId) } : {}),
          ...(inSlug ? { "x-tenant-slug": inSlug } : {}),
        },
        ...(inPath ? { path: `/t/${inPath}/x` } : {}),
      });
      const names = new Set(slots.filter((slug) => slug !== undefined));
      const [only] = names;
      const expected =
        names.size > 1
          ? "tenant_sources_disagree"
          : only === "aloha"
            ? "tenant_not_found"
            : (only ?? "nobody");
      expect(await outcome(given)).toBe(expected);
    });
    return fc.assert(property, { numRuns: 300 });
  });
});

function all4(slug: "delta"): Partial<RequestFacts> {
  const headers = { "x-tenant-slug": slug, "x-tenant-id": delta.id };
  return { hosts: [`${slug}.example.com`], headers, path: `/t/${slug}/` };
}

function slugged(slug: string) {
  return header({ "x-tenant-slug": slug });
}

describe("admission", () => {
  const cases: [TenantStatus, string | undefined, string | undefined][] = [
    ["provisioning", "tenant_not_ready", "tenant_not_ready"],
    ["pending", "tenant_not_ready", "tenant_not_ready"],
    ["failed", "tenant_not_ready", "tenant_not_ready"],
    ["active", undefined, undefined],
    ["readonly", undefined, "tenant_readonly"],
    ["suspended", "tenant_suspended", "tenant_suspended"],
    ["deleting", "tenant_ended", "tenant_ended"],
    ["archived", "tenant_ended", "tenant_ended"],
    ["purged", "tenant_ended", "tenant_ended"],
  ];
  test.each(cases)("%s: reads %s, writes %s", (status, reading, writing) => {
    const codeOf = (method: string) => {
      try {
        admit({ ...delta, status }, method);
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    for (const method of ["GET", "HEAD", "OPTIONS"]) expect(codeOf(method)).toBe(reading);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "QUERY", "get"]) {
      expect(codeOf(method)).toBe(writing);
    }
  });
});

test("a tenant's path is split where the slug ends", () => {
  expect(splitTenantPath("/t/delta/strikes?x=1")).toEqual({ slug: "delta", rest: "/strikes?x=1" });
  expect(splitTenantPath("/t/delta")).toEqual({ slug: "delta", rest: "/" });
  expect(splitTenantPath("/t/delta?x=/y")).toEqual({ slug: "delta", rest: "/?x=/y" });
  expect(splitTenantPath("/t/")).toEqual({ slug: "", rest: "/" });
  expect(splitTenantPath("/t")).toBeUndefined();
  expect(splitTenantPath("/team/delta")).toBeUndefined();
  expect(splitTenantPath("//t/delta")).toBeUndefined();
});
