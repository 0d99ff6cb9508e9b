// What a stranger may write into the places that name a tenant, against every framework on a real server: each is served
// the tenant that all of them name, or refused with the same code.
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { tenantHandler } from "../src/fetch.ts";
import { type Framework, frameworks, type Raw, type Running, request } from "./servers.ts";
import { makeWorld, type World } from "./world.ts";

const names = Object.keys(frameworks) as Framework[];
let world: World;
const running = new Map<string, Running>();

beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"));
  const common = { hestia: world.hestia, sources: ["host", "header", "path"] as const };
  const options = { ...common, hosts: ["orders.internal.net"] };
  for (const name of names) {
    running.set(`${name} plain`, await frameworks[name](options));
    const trustProxy = ["127.0.0.0/8", "::1"];
    running.set(`${name} proxied`, await frameworks[name]({ ...options, trustProxy }));
    const elsewhere = ["10.0.0.0/8"];
    running.set(`${name} elsewhere`, await frameworks[name]({ ...options, trustProxy: elsewhere }));
  }
});

afterAll(async () => {
  await Promise.all([...running.values()].map((each) => each.close()));
  await world.close();
});

const portOf = (name: Framework, kind: string) => running.get(`${name} ${kind}`)?.port ?? 0;

/** What is sent, and whom it is served as or with which code it is refused. */
type Attack = readonly [
  name: string,
  lines: readonly string[],
  expected: string,
  where?: { readonly target?: string; readonly kind?: string },
];

const host = (value: string) => `Host: ${value}`;
const forwarded = (value: string) => `X-Forwarded-Host: ${value}`;
const slug = (value: string) => `X-Tenant-Slug: ${value}`;
const proxied = { kind: "proxied" };
const utf8 = (text: string) => Buffer.from(text).toString("latin1");
const notFound = "tenant_not_found";
const disagree = "tenant_sources_disagree";
const unidentified = "tenant_unidentified";

const attacks: Attack[] = [
  ["a host", [host("shared-1.localhost")], "shared-1"],
  ["a host with a port", [host("shared-1.localhost:8080")], "shared-1"],
  ["a domain of the tenant's", [host("shared-1.tenants.dev")], "shared-1"],
  ["capitals", [host("SHARED-1.LocalHost")], "shared-1"],
  ["the root's dot", [host("shared-1.localhost.")], "shared-1"],
  ["two dots at the end", [host("shared-1.localhost..")], notFound],
  ["an encoded letter", [host("%73hared-1.localhost")], notFound],
  ["an encoded dot", [host("shared-1%2elocalhost")], notFound],
  ["an encoded NUL", [host("shared-1.localhost%00.evil.net")], notFound],
  ["a user before the host", [host("shared-1.localhost@evil.net")], notFound],
  ["another user before it", [host("evil.net@shared-1.localhost")], notFound],
  ["a path in the host", [host("shared-1.localhost/evil")], notFound],
  ["a fragment in the host", [host("shared-1.localhost#.evil.net")], notFound],
  ["a port that is none", [host("shared-1.localhost:99999")], notFound],
  ["a port of letters", [host("shared-1.localhost:evil")], notFound],
  ["two ports", [host("shared-1.localhost:80:80")], notFound],
  ["an underscore", [host("shared_1.localhost")], notFound],
  ["a name below a tenant's", [host("www.shared-1.localhost")], notFound],
  ["a name that ends in a tenant's", [host("evilshared-1.localhost")], notFound],
  ["a tenant's host as another's beginning", [host("shared-1.localhost.evil.net")], notFound],
  ["a tenant's name in another alphabet", [host(utf8("ѕhared-1.localhost"))], notFound],
  ["the same as an A-label", [host("xn--hared-1-7of.localhost")], notFound],
  ["a domain in other letters", [host(utf8("bücher.de"))], notFound],
  ["full-width letters, which IDN makes plain", [host(utf8("ｓhared-1.localhost"))], "shared-1"],
  ["an IPv4 address", [host("127.0.0.1:80")], unidentified],
  ["an IPv6 address", [host("[::1]:8080")], unidentified],
  ["a broken IPv6 address", [host("[::1")], notFound],
  ["the base domain", [host("localhost")], unidentified],
  ["no host at all, but empty", [host("")], unidentified],
  ["an absurdly long host", [host(`${"a".repeat(8_000)}.localhost`)], notFound],
  ["many labels", [host(`${"a.".repeat(1_000)}localhost`)], notFound],
  ["two hosts in a field", [host("shared-1.localhost, shared-2.localhost")], notFound],
  ["two Host fields", [host("shared-1.localhost"), host("shared-2.localhost")], disagree],
  [
    "two Host fields that agree",
    [host("shared-1.localhost"), host("SHARED-1.localhost")],
    "shared-1",
  ],
  [
    "another host in the request line",
    [host("shared-1.localhost")],
    disagree,
    { target: "http://shared-2.localhost/" },
  ],
  [
    "the same in the request line",
    [host("shared-1.localhost")],
    "shared-1",
    { target: "http://shared-1.localhost/" },
  ],
  ["a header beside a host", [host("shared-1.localhost"), slug("shared-2")], disagree],
  ["a header beside the base domain", [host("localhost"), slug("shared-2")], "shared-2"],
  ["a header beside an address", [host("127.0.0.1"), slug("shared-2")], "shared-2"],
  [
    "a header beside a host of the application's",
    [host("orders.internal.net"), slug("shared-2")],
    "shared-2",
  ],
  ["a header beside a stranger's domain", [host("evil.net"), slug("shared-2")], disagree],
  ["a header beside a stranger below it", [host("evil.localhost"), slug("shared-2")], disagree],
  ["a header that came twice", [host("localhost"), slug("shared-1"), slug("shared-2")], disagree],
  ["an empty header", [host("localhost"), slug("")], notFound],
  [
    "a forwarded host of anyone's",
    [host("shared-1.localhost"), forwarded("shared-2.localhost")],
    "shared-1",
  ],
  [
    "only a forwarded host of anyone's",
    [host("localhost"), forwarded("shared-2.localhost")],
    unidentified,
  ],
  [
    "RFC 7239's field, which is not read",
    [host("shared-1.localhost"), "Forwarded: host=shared-2.localhost"],
    "shared-1",
    proxied,
  ],
  [
    "a forwarded host of a proxy that is trusted",
    [host("10.1.2.3:8080"), forwarded("shared-2.localhost")],
    "shared-2",
    proxied,
  ],
  [
    "the same over another tenant's host",
    [host("shared-1.localhost"), forwarded("shared-2.localhost")],
    "shared-2",
    proxied,
  ],
  [
    "a proxy that is not among those trusted",
    [host("shared-1.localhost"), forwarded("shared-2.localhost")],
    "shared-1",
    { kind: "elsewhere" },
  ],
  [
    "a host forwarded by one proxy after another's",
    [host("10.1.2.3"), forwarded("shared-1.localhost, shared-2.localhost")],
    disagree,
    proxied,
  ],
  [
    "two forwarded fields",
    [host("10.1.2.3"), forwarded("shared-1.localhost"), forwarded("shared-2.localhost")],
    disagree,
    proxied,
  ],
  [
    "two that agree",
    [host("10.1.2.3"), forwarded("shared-1.localhost,SHARED-1.localhost:443")],
    "shared-1",
    proxied,
  ],
  ["an empty forwarded host", [host("shared-1.localhost"), forwarded("")], "shared-1", proxied],
  [
    "a forwarded encoded host",
    [host("10.1.2.3"), forwarded("%73hared-1.localhost")],
    notFound,
    proxied,
  ],
  [
    "a header beside a forwarded stranger",
    [host("10.1.2.3"), forwarded("evil.net"), slug("shared-1")],
    disagree,
    proxied,
  ],
  ["a path", [host("localhost")], "shared-1", { target: "/t/shared-1/" }],
  [
    "a path beside another's host",
    [host("shared-2.localhost")],
    disagree,
    { target: "/t/shared-1/" },
  ],
  ["an encoded slash behind the slug", [host("localhost")], notFound, { target: "/t/shared-1%2f" }],
  ["an encoded slash before it", [host("localhost")], unidentified, { target: "/t%2fshared-1/" }],
  ["an encoded letter in the slug", [host("localhost")], notFound, { target: "/t/%73hared-1/" }],
  ["a slug in capitals", [host("localhost")], notFound, { target: "/t/SHARED-1/" }],
  ["two slashes", [host("localhost")], unidentified, { target: "//t/shared-1/" }],
  ["no slug", [host("localhost")], notFound, { target: "/t//shared-1/" }],
  ["a NUL behind the slug", [host("localhost")], notFound, { target: "/t/shared-1%00/" }],
];

const rows = attacks.map(
  ([name, lines, expected, { target = "/", kind = "plain" } = {}]) =>
    [name, lines, expected, { target, kind }] as const,
);
const codes = new Set([notFound, disagree, unidentified]);

describe.each(names)("%s", (name) => {
  test.each(rows)("%s", async (_, lines, expected, where) => {
    const { target, kind } = where;
    const answer = await request(portOf(name, kind), `GET ${target}`, ...lines);
    if (isRefusedBefore(name, answer, lines, expected)) return;
    if (codes.has(expected)) {
      expect(answer.head).toContain("application/problem+json");
      expect(answer.body).toContain(`"code":"${expected}"`);
      expect([400, 404]).toContain(answer.status);
    } else {
      expect(answer.status, answer.body).toBe(200);
      const row = { tenant: expected, ambient: expected, row: expected };
      expect(answer.body).toContain(JSON.stringify(row));
    }
  });

  test("a path that climbs is served as what it climbs to, or not at all", async () => {
    const target = "GET /t/shared-1/../shared-2/";
    const climb = await request(portOf(name, "plain"), target, host("localhost"));
    expect(climb.body).not.toContain('"tenant":"shared-1"');
    const beside = await request(portOf(name, "plain"), target, host("shared-1.localhost"));
    expect(beside.status).toBeGreaterThanOrEqual(400);
  });
});

describe("a request whose URL is the framework's own, as Next.js makes it", () => {
  const direct = rows.filter(([, , , { target, kind }]) => kind === "plain" && target === "/");
  test.each(direct)("%s", async (_, lines, expected) => {
    const withTenant = tenantHandler({ hestia: world.hestia, hosts: ["orders.internal.net"] });
    const handler = withTenant((_request: Request, tenant) => Response.json(tenant.slug));
    const headers = lines.map((line) => line.split(": ") as [string, string]);
    const answer = await handler(new Request("http://localhost:3000/", { headers }));
    const said = (await answer.json()) as string | { code: string };
    expect(typeof said === "string" ? said : said.code).toBe(
      // Headers join what came twice, so that two hosts in one field are no more than two fields.
      lines.some((line) => /^Host: .*, /.test(line)) ? disagree : expected,
    );
  });
});

/**
 * True where a server refuses what no handler of ours has seen: Node's server of Hono and of fetch-style handlers makes
 * URLs, and takes no host that it can make none of; Fastify knows whether there is such a route.
 */
function isRefusedBefore(name: Framework, answer: Raw, lines: readonly string[], expected: string) {
  if (answer.head.includes("application/problem+json")) return false;
  if (name === "fastify") return answer.status === 404 && expected === unidentified;
  if (name === "express" || answer.status !== 400) return false;
  const hasOtherLetters = lines.some((line) => /[^\x20-\x7e]/.test(line));
  return !answer.body.includes("{") && (codes.has(expected) || hasOtherLetters);
}
