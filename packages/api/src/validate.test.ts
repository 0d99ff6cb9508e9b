import { HestiaError, limits } from "@hestia/core";
import { Type } from "typebox";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { ParsedInput, RouteInput } from "./route.ts";
import { routes } from "./routes.ts";
import { parseInput } from "./validate.ts";

const { create, list, suspend, update } = routes.tenants;
const tenantId = "0197f0a0-0000-7000-8000-000000000001";

function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof HestiaError)
      return (error.faults ?? []).map((f) => `${f.pointer} ${f.code}`);
    throw error;
  }
  return [];
}

describe("an input", () => {
  test("comes out flat, canonical and with its defaults", () => {
    const body = { slug: "acme", name: "  Acme\u0020Airways ", domain: "App.Bücher.Example." };
    expect(parseInput(create, { body })).toEqual({
      slug: "acme",
      name: "Acme Airways",
      domain: "app.xn--bcher-kva.example",
      isolation: "shared",
      plan: "standard",
      settings: {},
    });
  });

  test("has all its faults listed at once, schema's and rules' together", () => {
    const body = {
      slug: "WWW",
      name: "",
      isolation: "cloud",
      domain: "co.uk",
      settings: { a: "\u0000" },
      adminEmail: "nobody",
      colour: "red",
      "a/b~c": 1,
    };
    expect(faultsOf(() => parseInput(create, { body })).sort()).toEqual(
      [
        "/slug malformed",
        "/slug reserved",
        "/name too_short",
        "/isolation not_allowed",
        "/domain public_suffix",
        "/settings/a malformed",
        "/adminEmail malformed",
        "/colour unknown",
        "/a~1b~0c unknown",
      ].sort(),
    );
  });

  test("that lacks members has a fault for each, where the member would stand", () => {
    expect(faultsOf(() => parseInput(create, {}))).toEqual(["/slug required", "/name required"]);
  });

  test("that is no object has one fault", () => {
    for (const body of [[], "text", 1, true])
      expect(faultsOf(() => parseInput(create, { body }))).toEqual([" wrong_type"]);
  });

  test("with a member of a wrong type has that fault alone", () => {
    const body = { slug: 1, name: null, settings: [], domain: {} };
    expect(faultsOf(() => parseInput(create, { body }))).toEqual([
      "/slug wrong_type",
      "/name wrong_type",
      "/domain wrong_type",
      "/settings wrong_type",
    ]);
  });

  test("has no more faults listed than the limit", () => {
    const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`m${n}`, n]));
    expect(faultsOf(() => parseInput(create, { body })).length).toBeLessThanOrEqual(
      limits.faultsMax,
    );
  });

  test("cannot smuggle a member by the prototype", () => {
    const body = JSON.parse('{"slug":"acme","name":"Acme","__proto__":{"plan":"gold"}}');
    expect(faultsOf(() => parseInput(create, { body }))).toEqual(["/__proto__ unknown"]);
    const query = { toString: "x", constructor: "y" };
    expect(faultsOf(() => parseInput(list, { query })).sort()).toEqual([
      "/constructor unknown",
      "/toString unknown",
    ]);
  });

  test("never shares its default settings with another input", () => {
    const body = { slug: "acme", name: "Acme" };
    expect(parseInput(create, { body }).settings).not.toBe(parseInput(create, { body }).settings);
  });
});

describe("a query", () => {
  test("is read as the types of its schema", () => {
    const query = { limit: "7", status: "active,readonly", isolation: ["schema", "database"] };
    expect(parseInput(list, { query })).toEqual({
      limit: 7,
      status: ["active", "readonly"],
      isolation: ["schema", "database"],
      sort: "-createdAt",
    });
  });

  test("with texts that are no such type has faults", () => {
    const query = { limit: "many", status: "activ", sort: "age", q: "a\u0000b", cursor: "%" };
    expect(faultsOf(() => parseInput(list, { query })).sort()).toEqual([
      "/cursor malformed",
      "/limit wrong_type",
      "/q malformed",
      "/sort not_allowed",
      "/status/0 not_allowed",
    ]);
  });

  test("is held to the limits of a page", () => {
    expect(faultsOf(() => parseInput(list, { query: { limit: "0" } }))).toEqual([
      "/limit too_small",
    ]);
    expect(faultsOf(() => parseInput(list, { query: { limit: "201" } }))).toEqual([
      "/limit too_large",
    ]);
  });
});

describe("the members of a path", () => {
  test("come in one input with the body's, in lower case", () => {
    const params = { tenantId: tenantId.toUpperCase() };
    expect(parseInput(suspend, { params, body: { reason: "Unpaid." } })).toEqual({
      tenantId,
      reason: "Unpaid.",
      mode: "blocked",
    });
  });

  test("that are no ids have a fault beside the body's", () => {
    expect(
      faultsOf(() => parseInput(suspend, { params: { tenantId: "acme" }, body: {} })).sort(),
    ).toEqual(["/reason required", "/tenantId malformed"]);
  });

  test("are told in words where people write them by hand", () => {
    expect(() =>
      parseInput(suspend, { params: { tenantId: "acme" }, body: { reason: "x" } }),
    ).toThrow(
      expect.objectContaining({
        faults: [
          expect.objectContaining({
            message: "This must be an id, such as 0199c0de-0000-7000-8000-000000000001.",
          }),
        ],
      }),
    );
  });
});

describe("a tenant's patch", () => {
  const params = { tenantId };

  test("may release the domain and remove settings", () => {
    const body = { domain: null, settings: { theme: null } };
    expect(parseInput(update, { params, body })).toEqual({ tenantId, ...body });
  });

  test("may not change the slug", () => {
    expect(faultsOf(() => parseInput(update, { params, body: { slug: "other" } }))).toEqual([
      "/slug unknown",
    ]);
  });
});

describe("what the server knows", () => {
  const body = { slug: "acme", name: "Acme", domain: "x.hestia.example", settings: { seats: "2" } };

  test("is part of the same pass: its base domain and the schema of settings", () => {
    const settingsSchema = Type.Object({ seats: Type.Integer() });
    expect(
      faultsOf(() =>
        parseInput(create, { body }, { baseDomain: "hestia.example", settingsSchema }),
      ),
    ).toEqual(["/domain platform_domain", "/settings/seats wrong_type"]);
  });
});

test("types know that a default is optional to send and certain to arrive", () => {
  expectTypeOf<RouteInput<typeof create>["plan"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<ParsedInput<typeof create>["plan"]>().toEqualTypeOf<string>();
  expectTypeOf<ParsedInput<typeof create>["domain"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<ParsedInput<typeof suspend>["mode"]>().toEqualTypeOf<"readonly" | "blocked">();
});
