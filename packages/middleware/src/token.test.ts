import { type HestiaError, makeId, type TenantId } from "@hestia/core";
import { base64url, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Issuer, startIssuer } from "../test/jwks-server.ts";
import { tenantHandler } from "./fetch.ts";
import type { RequestFacts } from "./identify.ts";
import { headersOf, statusOf } from "./problems.ts";
import { type TokenSourceOptions, tokenSource } from "./token.ts";

const audience = "https://api.example.com";
const id = makeId<TenantId>(0);
let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});
beforeEach(() => issuer.answerWith());
afterAll(() => issuer.close());

const now = () => Math.floor(Date.now() / 1000);
type Claims = { [Name in keyof JWTPayload]?: JWTPayload[Name] | undefined };
const claims = (others: Claims = {}): JWTPayload => ({
  ...{ iss: issuer.issuer, aud: audience, exp: now() + 60, tenant_id: id },
  ...(others as JWTPayload),
});
const facts = (authorization?: string): RequestFacts => ({
  ...{ hosts: [""], path: "/" },
  headers: authorization === undefined ? {} : { authorization },
});
const source = (others: Partial<TokenSourceOptions> = {}) =>
  tokenSource({
    jwksUrl: issuer.url,
    issuer: issuer.issuer,
    audience,
    ...others,
  } as TokenSourceOptions);

async function outcome(authorization?: string, read = source()): Promise<unknown> {
  try {
    return await read(facts(authorization));
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}
const withToken = async (token: string | Promise<string>, read = source()) =>
  outcome(`Bearer ${await token}`, read);

describe("a token names", () => {
  test("the tenant of its claim, by id or by slug", async () => {
    expect(await withToken(issuer.sign(claims()))).toEqual({ id });
    expect(await withToken(issuer.sign(claims({ tenant_id: id.toUpperCase() })))).toEqual({ id });
    const bySlug = source({ claim: "org", names: "slug" });
    expect(await withToken(issuer.sign(claims({ org: "acme" })), bySlug)).toEqual({ slug: "acme" });
    expect(await outcome(`bearer   ${await issuer.sign(claims())}`)).toEqual({ id });
  });

  test("what no tenant is called, and nobody where there is none", async () => {
    expect(await withToken(issuer.sign(claims({ tenant_id: "acme" })))).toBe("unknown");
    for (const other of [undefined, "Basic YTpi", "BearerX", "ApiKey k"]) {
      expect(await outcome(other)).toBe("nobody");
      expect(await outcome(other, source({ required: true }))).toBe("token_missing");
    }
  });

  test("its tenant where one of several issuers and audiences fits, and clocks are a little apart", async () => {
    const many = source({ issuer: ["https://other", issuer.issuer], audience: ["x", audience] });
    expect(await withToken(issuer.sign(claims({ aud: ["y", audience] })), many)).toEqual({ id });
    expect(await withToken(issuer.sign(claims({ exp: now() - 2 })))).toEqual({ id });
    expect(await withToken(issuer.sign(claims({ nbf: now() + 2 })))).toEqual({ id });
  });
});

/** An HMAC with the public key for its secret, which a verifier that asks the token for the algorithm accepts. */
function confused(): Promise<string> {
  const secret = new TextEncoder().encode(JSON.stringify(issuer.publicKey()));
  const kid = issuer.publicKey().kid ?? "";
  return new SignJWT(claims()).setProtectedHeader({ alg: "HS256", kid }).sign(secret);
}

/** A good token with another part in place of one of its three. */
const altered = async (index: 0 | 1 | 2, part: string) =>
  (await issuer.sign(claims())).split(".").with(index, part).join(".");

describe("a token is refused, and never ignored,", () => {
  const attacks: [string, () => string | Promise<string>][] = [
    ["that is unsigned", () => new UnsecuredJWT(claims()).encode()],
    ["that is signed with the public key as a secret", confused],
    ["whose signature was taken off", () => altered(2, "")],
    [
      "whose tenant was changed",
      () =>
        altered(1, base64url.encode(JSON.stringify(claims({ tenant_id: makeId<TenantId>(1) })))),
    ],
    ["whose header says that it is unsigned", () => altered(0, base64url.encode('{"alg":"none"}'))],
    ["of another issuer", () => issuer.sign(claims({ iss: "https://evil.net" }))],
    ["of no issuer", () => issuer.sign(claims({ iss: undefined }))],
    ["for another application", () => issuer.sign(claims({ aud: "https://other.example.com" }))],
    ["for none", () => issuer.sign(claims({ aud: undefined }))],
    ["that has expired", () => issuer.sign(claims({ exp: now() - 60 }))],
    ["that never expires", () => issuer.sign(claims({ exp: undefined }))],
    ["whose expiry is text", () => issuer.sign(claims({ exp: "tomorrow" as never }))],
    ["that is not valid yet", () => issuer.sign(claims({ nbf: now() + 60 }))],
    ["of a key that no one knows", () => issuer.sign(claims(), { kid: "key-0" })],
    ["without the claim", () => issuer.sign(claims({ tenant_id: undefined }))],
    ["whose claim is a number", () => issuer.sign(claims({ tenant_id: 7 }))],
    ["whose claim is a list", () => issuer.sign(claims({ tenant_id: [id] }))],
    ["whose claim is null", () => issuer.sign(claims({ tenant_id: null }))],
    ["that is none", () => "hk_live_4711"],
    ["that is empty", () => ""],
    ["that is two", async () => `${await issuer.sign(claims())}, ${await issuer.sign(claims())}`],
  ];
  test.each(attacks)("%s", async (_, make) => {
    expect(await withToken(make())).toBe("token_invalid");
  });

  test("of an algorithm or a type that is not accepted", async () => {
    const rsa = source({ algorithms: ["RS256"] });
    expect(await withToken(issuer.sign(claims()), rsa)).toBe("token_invalid");
    const access = source({ type: "at+jwt" });
    expect(await withToken(issuer.sign(claims()), access)).toBe("token_invalid");
    expect(await withToken(issuer.sign(claims(), { typ: "at+jwt" }), access)).toEqual({ id });
  });

  test("with 401 and the challenge of RFC 6750", async () => {
    const refusal = async (authorization?: string) =>
      source({ required: true })(facts(authorization)) as Promise<never>;
    const answer = (error: HestiaError) => [statusOf(error), headersOf(error)];
    expect(await refusal("Bearer x").catch(answer)).toEqual([
      401,
      { "www-authenticate": 'Bearer error="invalid_token"' },
    ]);
    expect(await refusal().catch(answer)).toEqual([401, { "www-authenticate": "Bearer" }]);
  });

  test("also where the host names a tenant by itself", async () => {
    const find = async () => expect.unreachable();
    const withTenant = tenantHandler({ hestia: { find } as never, sources: [source(), "host"] });
    const request = new Request("http://acme.localhost/", {
      headers: { authorization: "Bearer x" },
    });
    const answer = await withTenant(() => new Response())(request);
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: "token_invalid" }]);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });
});

describe("the key set", () => {
  test("is fetched once for many tokens, and again for a key that is new", async () => {
    const read = source({ refetchSeconds: 0 });
    const before = issuer.fetches();
    const tokens = await Promise.all([1, 2, 3].map(() => issuer.sign(claims())));
    for (const token of tokens) expect(await withToken(token, read)).toEqual({ id });
    expect(issuer.fetches()).toBe(before + 1);
    await issuer.rotate();
    expect(await withToken(issuer.sign(claims()), read)).toEqual({ id });
    expect(issuer.fetches()).toBe(before + 2);
    expect(await withToken(tokens[0] ?? "", read)).toBe("token_invalid");
  });

  test("is not fetched for each key that someone makes up", async () => {
    const read = source();
    expect(await withToken(issuer.sign(claims()), read)).toEqual({ id });
    const before = issuer.fetches();
    for (const kid of ["a", "b", "c"]) {
      expect(await withToken(issuer.sign(claims(), { kid }), read)).toBe("token_invalid");
    }
    expect(issuer.fetches()).toBe(before);
  });

  test.each([
    [500, "{}"],
    [404, "not here"],
    [200, "not JSON"],
    [200, '{"keys":"none"}'],
    [302, ""],
  ])("that answers %i %s has the token's check fail, not the token", async (status, body) => {
    issuer.answerWith({ status, body });
    const read = source();
    const token = await issuer.sign(claims());
    expect(await withToken(token, read)).toBe("token_keys_unavailable");
    issuer.answerWith();
    expect(await withToken(token, read)).toEqual({ id });
  });

  test("that cannot be reached does so too, with 503", async () => {
    const away = await startIssuer();
    await away.close();
    const read = source({ jwksUrl: away.url });
    expect(await withToken(issuer.sign(claims()), read)).toBe("token_keys_unavailable");
    const error = await Promise.resolve(read(facts(`Bearer ${await issuer.sign(claims())}`))).catch(
      (each) => each,
    );
    expect([statusOf(error), headersOf(error)]).toEqual([503, { "retry-after": "2" }]);
  });

  test("may be given as it is", async () => {
    const { jwksUrl: _, ...others } = { jwksUrl: "", issuer: issuer.issuer, audience };
    const read = tokenSource({ ...others, jwks: { keys: [issuer.publicKey()] } });
    expect(await withToken(issuer.sign(claims()), read)).toEqual({ id });
    expect(await withToken(confused(), read)).toBe("token_invalid");
  });

  test("has no use for algorithms that anyone can sign by", () => {
    for (const algorithms of [["none"], ["HS256"], ["RS256", "hs512"], []]) {
      expect(() => source({ algorithms })).toThrow("A key set cannot check");
    }
  });
});
