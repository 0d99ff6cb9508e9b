// The console's files as a stranger asks for them: names that lead elsewhere, conditions and parts, and what browsers keep.
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place?.end());

/** Asks for the path as it is written: fetch would tidy it up. */
function get(path: string, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(place.url);
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    header: (name: string) => string | undefined;
    text: string;
  }>();
  const asked = request({ hostname, port, path, headers }, async (answer) => {
    let text = "";
    for await (const part of answer.setEncoding("utf8")) text += part;
    const header = (name: string) => answer.headers[name] as string | undefined;
    resolve({ status: answer.statusCode ?? 0, header, text });
  });
  asked.on("error", reject).end();
  return promise;
}

test.each([
  "../index.html",
  "..%2findex.html",
  "%2e%2e/index.html",
  "..%5cindex.html",
  "..%2f..%2fpackage.json",
  "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
  "/etc/passwd",
  "%2fetc%2fpasswd",
  "%00",
  "hearth.svg%00.js",
  ".",
  "%2e",
  "nothing.js",
  "scheme.js.br",
  `${"a".repeat(250)}.js`,
  `${"a".repeat(5_000)}.js`,
  "%zz",
])("an asset named %s is not there, and is no fault of the server's", async (name) => {
  const { status, text, header } = await get(`/console/assets/${name}`);
  expect([status, JSON.parse(text).code]).toEqual([404, "route_not_found"]);
  expect(header("cache-control") ?? "").not.toContain("immutable");
});

test("an asset whose name holds its content is kept for ever, any other is asked for anew, and so is the page", async () => {
  const page = await get("/console/");
  const [, script = ""] = /assets\/([\w-]+-[\w-]{8}\.js)/.exec(page.text) ?? [];
  const kept = await get(`/console/assets/${script}`);
  expect([kept.status, kept.header("cache-control")]).toEqual([
    200,
    "public, max-age=31536000, immutable",
  ]);
  for (const path of ["/console/", "/console/assets/scheme.js", "/console/assets/hearth.svg"])
    expect([path, (await get(path)).header("cache-control")]).toEqual([path, "no-cache"]);
  for (const name of [script, "scheme.js", "hearth.svg"]) {
    const { header } = await get(`/console/assets/${name}`, { "accept-encoding": "br" });
    expect([header("content-encoding"), header("vary")]).toEqual(["br", "accept-encoding"]);
    expect(header("x-content-type-options")).toBe("nosniff");
    expect(header("cross-origin-resource-policy")).toBe("same-origin");
  }
});

test("parts are not given out, and a condition that does not hold is told", async () => {
  for (const path of ["/console/", "/console/assets/scheme.js"]) {
    for (const range of ["bytes=0-9", "bytes=999999999-", "bytes=9-1"]) {
      const { status } = await get(path, { range });
      expect([path, range, status]).toEqual([path, range, 200]);
    }
    const unmet = { "if-unmodified-since": "Sun, 22 Nov 2020 18:08:41 GMT" };
    expect((await get(path, unmet)).status).toBe(412);
    expect((await get(path, { "if-match": '"another"' })).status).toBe(412);
    const etag = (await get(path)).header("etag") ?? "";
    expect((await get(path, { "if-none-match": etag })).status).toBe(304);
  }
});
