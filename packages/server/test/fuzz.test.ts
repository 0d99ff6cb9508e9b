// Whatever is sent, the answer is a success or a problem, never an accident; and what is refused has written nothing. The
// inputs are random, partly by the schema and partly against it; a failing one is shrunk and printed with its seed.
import { problemSchema, schemaFaults } from "@hestia/api";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant, startWorld, testKey, type World } from "./world.ts";

let world: World;
let admin: pg.Client;
beforeAll(async () => {
  world = await startWorld();
  admin = new pg.Client(world.clone.databaseUrl);
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await world.end();
});

type Sent = {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

let sentCount = 0;

/** Sends the request, holds its answer to what every answer must be, and returns it. */
async function send({ method = "GET", path = "/v1/tenants", body, headers = {} }: Sent) {
  const requestId = `fuzz-${++sentCount}`;
  const response = await fetch(world.url + path, {
    method,
    headers: {
      authorization: `Bearer ${testKey}`,
      "x-request-id": requestId,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  expect(response.status, text).toBeLessThan(500);
  const parsed = JSON.parse(text) as Record<string, unknown>;
  if (response.status >= 400) {
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(schemaFaults(problemSchema, parsed)).toEqual([]);
    expect(await tracesOf(requestId), text).toBe(0);
  }
  return { status: response.status, body: parsed, etag: response.headers.get("etag") };
}

/** How many rows a request has left. */
async function tracesOf(requestId: string): Promise<number> {
  const { rows } = await admin.query<{ count: string }>(
    `select (select count(*) from platform.audit_events where request_id = $1)
       + (select count(*) from platform.operations where request_id = $1) as count`,
    [requestId],
  );
  return Number(rows[0]?.count);
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  // Unpaired surrogates, NUL, what turns the direction, what ends a line, what a shell or a page would take.
  fc.constantFrom("\ud800", "a\udfffb", "\u0000", "x\u0000y", "\u202eabc", "\r\nX: y", "\u2028"),
  fc.constantFrom("", " ", "__proto__", "constructor", "toString", "null", "%00", "../..", "'; --"),
  fc.constantFrom("x".repeat(10_000), "\ud83d\ude00".repeat(3_000), "\u0301".repeat(500)),
);
/** Mostly good ones. */
const names = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }) },
  anyText,
);
const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 1e308, -1e308, 5e-324, 2 ** 53 + 2, 1e21, 4_294_967_296),
);
const { anyValue } = fc.letrec((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(anyText, anyNumber, fc.boolean(), fc.constant(null)),
    fc.array(tie("anyValue"), { maxLength: 4 }),
    fc.dictionary(anyText, tie("anyValue"), { maxKeys: 4 }),
  ),
}));
const anySettings = fc.oneof(fc.dictionary(anyText, anyValue, { maxKeys: 5 }), {
  weight: 2,
  arbitrary: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }),
});

let slugs = 0;
const freshSlug = fc.constant("slug").map((text) => `${text}-${++slugs}-${sentCount}`);
const or = (good: fc.Arbitrary<unknown>) => fc.oneof({ weight: 9, arbitrary: good }, anyValue);
const emails = fc.oneof(
  { weight: 9, arbitrary: fc.emailAddress() },
  anyText.map((text) => `${text}@example.com`),
  anyText.map((text) => `"${text}"@example.com`),
);
const domains = fc.oneof(
  { weight: 9, arbitrary: fc.domain() },
  anyText.map((text) => `${text}.example.com`),
);

const newTenant = fc.record(
  {
    slug: or(freshSlug),
    name: or(fc.string({ minLength: 1, maxLength: 20 })),
    isolation: or(fc.constant("shared")),
    plan: or(fc.constant("standard")),
    domain: or(domains),
    settings: or(anySettings),
    adminEmail: or(emails),
  },
  { requiredKeys: ["slug", "name"] },
);
const newTenantOrMore = fc.oneof(
  { weight: 9, arbitrary: newTenant },
  fc.tuple(newTenant, anySettings).map(([asked, more]) => ({ ...more, ...asked })),
  anyValue,
);
// Far off: a trial that is over would change the tenant by itself.
const times = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date("2500-01-01") }).map((time) => time.toISOString()),
  fc.constantFrom("9999-12-31T23:59:60Z", "+275760-09-13T00:00:00Z", null),
);
const newPlan = fc.record(
  {
    id: or(fc.stringMatching(/^[a-z][a-z0-9_-]{8,20}$/)),
    name: or(fc.string({ minLength: 1, maxLength: 20 })),
    description: or(names),
    isolation: or(fc.constantFrom("shared", "schema", "database")),
    defaults: or(anySettings),
    requires: or(fc.subarray(["email", "domain", "sign_on", "approval"])),
    trialDays: or(fc.integer()),
    graceDays: or(fc.nat(4_000)),
    archiveDays: or(fc.nat(4_000)),
    warm: or(fc.nat(3)),
  },
  { requiredKeys: ["id", "name"] },
);
const patch = fc.record(
  {
    trialEndsAt: or(times),
    retainUntil: or(times),
    reviewAt: or(fc.constant(null)),
    name: or(names),
    plan: or(fc.constant("standard")),
    domain: or(domains),
    settings: or(anySettings),
  },
  { requiredKeys: [] },
);

/** Texts that JSON.stringify never writes. */
const oddBodies: [string, string | Buffer][] = [
  ["an array nested 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000)],
  ["an object nested 30,000 deep", nested("slug", 30_000)],
  ["settings nested 30,000 deep", nested("settings", 30_000)],
  [
    "settings of one list 100,000 deep",
    `{"slug":"deep","name":"D","settings":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
  ],
  [
    "an unknown member nested 100,000 deep",
    `{"slug":"deep","name":"D","x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  ],
  ["a number beyond what a number can be", '{"slug":"huge","name":"H","settings":{"a":1e999}}'],
  ["numbers beyond, as members", '{"slug":1e999,"name":-1e999,"plan":1e999}'],
  ["bytes that are no UTF-8", Buffer.from('{"slug":"bytes","name":"\xff\xfe"}', "latin1")],
  ["an unpaired surrogate, escaped", '{"slug":"lone","name":"\\ud800"}'],
  ["NUL, escaped", '{"slug":"nul","name":"N","settings":{"a":"\\u0000"}}'],
  ["NUL as it is", '{"slug":"nul","name":"\u0000"}'],
  ["a member called __proto__", '{"slug":"p","name":"P","__proto__":{"isAdmin":true}}'],
  [
    "members of every object's",
    '{"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":1}',
  ],
  ["100,000 unknown members", `{${Array.from({ length: 20_000 }, (_, n) => `"m${n}":1`).join()}}`],
  ["half a text", '{"slug":"half'],
  ["two values", '{"slug":"a1"} {"slug":"a2"}'],
  ["a single text", '"slug"'],
  ["null", "null"],
  ["no more than a mark", "\ufeff"],
];

function nested(name: string, depth: number): string {
  return `{"slug":"deep","name":"D","${name}":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
}

const runs = { numRuns: 150, endOnFailure: true } as const;
const timeout = 120_000;

test(
  "any creation is made as it was sent, or refused in words and not made at all",
  async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(newTenantOrMore, async (input) => {
        const { status, body } = await send({ method: "POST", body: JSON.stringify(input) });
        if (status >= 400) return void expect([409, 422]).toContain(status);
        const { settings = {} } = JSON.parse(JSON.stringify(input)) as { settings?: object };
        expect(status).toBe(202);
        expect(body.settings).toEqual(settings);
        made += 1;
      }),
      runs,
    );
    expect(made, "some are good").toBeGreaterThan(0);
  },
  timeout,
);

test(
  "any plan is made as it was sent, or refused in words and not made at all",
  async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(newPlan, async (input) => {
        const body = JSON.stringify(input);
        const { status, body: plan } = await send({ method: "POST", path: "/v1/plans", body });
        if (status >= 400) return void expect([409, 422]).toContain(status);
        const { defaults = {} } = JSON.parse(body) as { defaults?: object };
        expect([status, plan.defaults]).toEqual([201, defaults]);
        made += 1;
      }),
      runs,
    );
    expect(made, "some are good").toBeGreaterThan(0);
  },
  timeout,
);

test.each(oddBodies)("a creation of %s is refused, and not made", async (_, body) => {
  const { status } = await send({ method: "POST", body });
  expect([400, 422]).toContain(status);
});

test("of a member that comes twice the last counts, wherever it is read", async () => {
  const body = '{"slug":"twice-a","name":"Twice","slug":"twice-b"}';
  expect(await send({ method: "POST", body })).toMatchObject({
    status: 202,
    body: { slug: "twice-b" },
  });
});

test(
  "any patch is applied as a whole, or refused in words and not at all",
  async () => {
    const { id } = await createTenant(world.client, { slug: "patched" });
    const path = `/v1/tenants/${id}`;
    let applied = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 6, arbitrary: patch }, anyValue), async (input) => {
        const before = await send({ path });
        const headers = {
          "if-match": before.etag ?? "",
          "content-type": "application/merge-patch+json",
        };
        const body = JSON.stringify(input);
        const answer = await send({ path, method: "PATCH", body, headers });
        const after = await send({ path });
        if (answer.status >= 400) expect(after.body).toEqual(before.body);
        else expect(after).toEqual(answer);
        applied += answer.status === 200 ? 1 : 0;
      }),
      runs,
    );
    expect(applied, "some are good").toBeGreaterThan(0);
  },
  timeout,
);

test.each(oddBodies)("a patch of %s is refused, and not applied", async (_, body) => {
  const { status } = await send({
    path: `/v1/tenants/${world.acme.id}`,
    method: "PATCH",
    body,
    headers: { "if-match": "*" },
  });
  expect([400, 422]).toContain(status);
});

const oddTimes = [
  "0000-01-01T00:00:00.000Z",
  "2020-02-30T00:00:00.000Z",
  "2020-01-01T24:00:00.000Z",
  "9999-12-31T23:59:59.999Z",
  "+275760-09-13T00:00:00.000Z",
  "-000001-01-01T00:00:00.000Z",
  "2020-01-01T00:00:00.000000Z",
  "infinity",
];

const anyPath = fc.array(
  fc.oneof(
    fc.constantFrom(
      "v1",
      "tenants",
      "operations",
      "events",
      "audit",
      "suspend",
      "..",
      ".",
      "",
      "%00",
    ),
    fc.constantFrom("%zz", "%2e%2e", "%2F", "%", "%c0%af", "tenants;a=1", "x".repeat(400)),
    anyText.map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constant("id").map(() => world.acme.id),
  ),
  { maxLength: 5 },
);

test(
  "any path and method is a route or none",
  async () => {
    const methods = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    await fc.assert(
      fc.asyncProperty(methods, anyPath, async (method, parts) => {
        const path = `/v1/${parts.join("/")}`;
        // Deleting what the other tests need is not what is tried here.
        if (method === "DELETE" && path.includes(world.acme.id)) return;
        if (method === "OPTIONS") return void (await fetch(world.url + path, { method }));
        await send({ method, path, ...(method === "GET" ? {} : { body: "{}" }) });
      }),
      runs,
    );
  },
  timeout,
);

const queries: Readonly<Record<string, readonly string[]>> = {
  "/v1/tenants": ["limit", "cursor", "status", "plan", "isolation", "slug", "q", "sort"],
  "/v1/operations": ["limit", "cursor", "tenantId", "status", "kind"],
  "/v1/audit": ["limit", "cursor", "tenantId", "type"],
};

test(
  "any query is a page or a fault",
  async () => {
    const pair = (names: readonly string[]) =>
      fc.tuple(
        fc.oneof(fc.constantFrom(...names), anyText),
        fc.oneof(anyText, anyNumber.map(String)),
      );
    const query = fc
      .constantFrom(...Object.keys(queries))
      .chain((path) =>
        fc.tuple(fc.constant(path), fc.array(pair(queries[path] ?? []), { maxLength: 4 })),
      );
    await fc.assert(
      fc.asyncProperty(query, async ([path, pairs]) => {
        const wellFormed = pairs.map((each) => each.map((text) => text.toWellFormed()));
        const { status } = await send({ path: `${path}?${new URLSearchParams(wellFormed)}` });
        expect([200, 422, 431]).toContain(status);
      }),
      runs,
    );
    for (const raw of [
      "?limit=%zz",
      "?%",
      "?q=%00",
      "?q=%ff",
      "?q[]=1&q[a]=2",
      "?__proto__=1",
      "?&&=&=",
    ])
      await send({ path: `/v1/tenants${raw}` });
  },
  timeout,
);

test(
  "any header field is honoured, ignored or a fault",
  async () => {
    const fieldText = fc
      .string({
        unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
        maxLength: 300,
      })
      .filter((text) => !/[\x7f-\x9f]/.test(text));
    const values = fc.oneof(
      fieldText,
      fc.constantFrom(
        '"1"',
        'W/"1"',
        "*",
        "*, *",
        '"99999999999999999999"',
        "wait=1e9",
        "wait=-1",
        "wait=0",
      ),
      fc.constantFrom(
        "wait=99999999999",
        'wait="0"',
        "respond-async, wait=0",
        "00-0-0-0",
        "\t",
        "a".repeat(9_000),
      ),
    );
    const names = fc.constantFrom(
      ...[
        "if-match",
        "prefer",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "x-request-id",
        "accept",
      ],
      ...[
        "content-type",
        "content-encoding",
        "accept-encoding",
        "range",
        "if-none-match",
        "forwarded",
        "cookie",
      ],
      ...[
        "x-tenant-id",
        "x-tenant-slug",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-http-method-override",
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, values), { maxLength: 4 }), async (fields) => {
        const headers = Object.fromEntries(fields);
        const { "x-request-id": _own, ...rest } = headers;
        const body = JSON.stringify({ name: "Acme" });
        await send({ method: "PATCH", path: `/v1/tenants/${world.acme.id}`, body, headers: rest });
        await fetch(`${world.url}/v1/tenant`, { headers }).then((response) => {
          expect(response.status).toBeLessThan(500);
          return response.arrayBuffer();
        });
      }),
      runs,
    );
  },
  timeout,
);

test(
  "a cursor that was tampered with is refused or shows no more than its list",
  async () => {
    for (const path of ["/v1/tenants?sort=name&", "/v1/operations?", "/v1/audit?"]) {
      const { body } = await send({ path: `${path}limit=1` });
      const cursor = String(body.nextCursor);
      const [version, print, ...keys] = JSON.parse(
        Buffer.from(cursor, "base64url").toString(),
      ) as unknown[];
      const id = fc.constant(keys[1]);
      const forged = fc.oneof(
        fc.tuple(fc.constantFrom(...oddTimes), id).map((each) => [version, print, ...each]),
        fc.tuple(fc.string({ unit: "binary" }), id).map((each) => [version, print, ...each]),
        fc
          .tuple(or(fc.constant(keys[0])), or(fc.constant(keys[1])))
          .map((each) => [version, print, ...each]),
        fc.array(anyValue, { maxLength: 5 }).map((each) => [version, print, ...each]),
        anyValue,
      );
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            forged.map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
            fc.nat(cursor.length - 1).map((at) => cursor.slice(0, at) + cursor.slice(at + 1)),
            fc.base64String().map((text) => text.replaceAll(/[+/=]/g, "_")),
          ),
          async (tampered) => {
            const { status } = await send({ path: `${path}limit=1&cursor=${tampered}` });
            expect([200, 422, 431]).toContain(status);
          },
        ),
        { ...runs, numRuns: 60 },
      );
    }
  },
  timeout,
);

test(
  "any upload of migrations is stored or refused in words",
  async () => {
    const name = fc.oneof(fc.constantFrom("0001_a.sql", "0002_b.sql"), anyText);
    const set = fc.oneof(fc.constantFrom("tenant", "shared"), anyValue);
    const file = fc.record({ set, name, sql: fc.oneof(fc.constant("select 1;"), anyText) });
    const upload = fc.record({
      files: or(fc.array(fc.oneof({ weight: 9, arbitrary: file }, anyValue), { maxLength: 3 })),
    });
    await fc.assert(
      fc.asyncProperty(upload, async (input) => {
        const { status } = await send({
          method: "PUT",
          path: "/v1/migrations",
          body: JSON.stringify(input),
        });
        expect([200, 409, 422]).toContain(status);
      }),
      runs,
    );
  },
  timeout,
);

test(
  "any reason is kept as a reason, or refused",
  async () => {
    const { id } = await createTenant(world.client, { slug: "reasons" });
    const moves = fc.constantFrom("suspend", "resume", "restore");
    await fc.assert(
      fc.asyncProperty(
        moves,
        fc.record({ reason: or(anyText), mode: or(fc.constant("readonly")) }, { requiredKeys: [] }),
        async (move, input) => {
          const body = JSON.stringify(input);
          const { status } = await send({
            method: "POST",
            path: `/v1/tenants/${id}/${move}`,
            body,
          });
          expect([200, 409, 422]).toContain(status);
        },
      ),
      runs,
    );
  },
  timeout,
);
