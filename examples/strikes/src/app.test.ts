import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Airline } from "./data/airlines.ts";
import { readStrikes, type StrikeLine } from "./data/dataset.ts";
import { loadAirlines } from "./data/load.ts";
import { makeWorld, type World } from "./world.fixture.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"));
});

afterAll(() => world.close());

type Answer = { status: number; body: string; headers: Record<string, unknown> };

const browser = { accept: "text/html,application/xhtml+xml" };

async function get(slug: string, url: string, headers = {}): Promise<Answer> {
  const host = slug === "" ? "localhost" : `${slug}.localhost`;
  const reply = await world.app.inject({ url, headers: { host, ...browser, ...headers } });
  return { status: reply.statusCode, body: reply.body, headers: reply.headers };
}

async function post(slug: string, url: string, fields: Record<string, string>, headers = {}) {
  const host = `${slug}.localhost`;
  return world.app.inject({
    method: "POST",
    url,
    headers: {
      ...{ host, ...browser, origin: `http://${host}` },
      "content-type": "application/x-www-form-urlencoded",
      ...headers,
    },
    payload: new URLSearchParams(fields).toString(),
  });
}

const strikesIn = (body: string) =>
  [...body.matchAll(/href="\/strikes\/([0-9a-f-]{36})"/g)].map(([, id]) => id ?? "");
const rowsIn = (body: string) =>
  [...body.matchAll(/<tr><td class="date">.*<\/tr>/g)].map(([row]) => row);
const figure = (body: string, name: string) =>
  new RegExp(`<dt>${name}</dt><dd>([^< ]*)`).exec(body)?.[1]?.replaceAll(/[$,]/g, "");

async function linesOf({ operator }: Airline) {
  return (await readStrikes()).filter((line) => line.operator === operator);
}

describe("the list of strikes", () => {
  test("shows each airline its own records, in every isolation model", async () => {
    const everyones = new Set<string>();
    for (const airline of world.airlines) {
      const lines = await linesOf(airline);
      const { status, body } = await get(airline.slug, "/");
      expect(status).toBe(200);
      expect(body).toContain(`<title>Strikes · ${airline.name}</title>`);
      expect(figure(body, "Strikes")).toBe(String(lines.length));
      expect(figure(body, "With damage")).toBe(
        String(lines.filter(({ damage }) => damage !== "None").length),
      );
      expect(figure(body, "Reported cost")).toBe(
        String(lines.reduce((sum, { costTotal }) => sum + Number(costTotal), 0)),
      );
      const ids = strikesIn(body);
      expect(ids).toHaveLength(25);
      expect(ids.filter((id) => everyones.has(id))).toEqual([]);
      for (const id of ids) everyones.add(id);
    }
  });

  test("is narrowed by year, state, airport, species, aircraft, phase and damage", async () => {
    for (const airline of world.airlines) {
      const lines = await linesOf(airline);
      const [some] = lines.filter(({ damage }) => damage === "Minor");
      if (some === undefined) throw new Error("no line");
      const filters: [Record<string, string>, (line: StrikeLine) => boolean][] = [
        [{ year: "1999" }, ({ date }) => date.startsWith("1999")],
        [{ state: some.state }, ({ state }) => state === some.state],
        [{ airport: some.airport }, ({ airport }) => airport === some.airport],
        [{ species: "Rock pigeon" }, ({ species }) => species === "Rock pigeon"],
        [{ aircraft: some.aircraft }, ({ aircraft }) => aircraft === some.aircraft],
        [{ phase: "landing roll" }, ({ phase }) => phase === "Landing Roll"],
        [{ damage: "any" }, ({ damage }) => damage !== "None"],
        [{ damage: "minor" }, ({ damage }) => damage === "Minor"],
        [
          { year: some.date.slice(0, 4), state: some.state, damage: "minor", phase: "", sort: "" },
          ({ date, state, damage }) =>
            date.slice(0, 4) === some.date.slice(0, 4) &&
            state === some.state &&
            damage === "Minor",
        ],
      ];
      for (const [query, matches] of filters) {
        const expected = lines.filter(matches).length;
        const { body } = await get(airline.slug, `/?${new URLSearchParams(query)}`);
        expect(figure(body, "Strikes"), JSON.stringify(query)).toBe(String(expected));
        expect(rowsIn(body)).toHaveLength(Math.min(expected, 25));
      }
    }
  });

  test("is paged through to its end and back without a strike left out or shown twice", async () => {
    const [airline] = world.airlines;
    if (airline === undefined) throw new Error("no airline");
    for (const order of ["", "sort=costliest"]) {
      const pages: string[][] = [];
      let next: string | undefined = `/?${order}`;
      let body = "";
      while (next !== undefined) {
        ({ body } = await get(airline.slug, next));
        pages.push(strikesIn(body));
        next = /rel="next" href="([^"]*)"/.exec(body)?.[1]?.replaceAll("&amp;", "&");
      }
      const all = pages.flat();
      expect(new Set(all).size).toBe(all.length);
      expect(all.length).toBe((await linesOf(airline)).length);
      for (let at = pages.length - 2; at >= 0; at--) {
        const back = /rel="prev" href="([^"]*)"/.exec(body)?.[1]?.replaceAll("&amp;", "&") ?? "";
        ({ body } = await get(airline.slug, back));
        expect(strikesIn(body)).toEqual(pages[at]);
      }
      expect(body).not.toContain('rel="prev"');
    }
  });

  test("has the costliest first when asked", async () => {
    const { body } = await get("fedex", "/?sort=costliest");
    const costs = rowsIn(body).map((row) =>
      Number(/\$([\d,]+)</.exec(row)?.[1]?.replaceAll(",", "") ?? 0),
    );
    expect(costs[0]).toBe(7_043_545);
    expect(costs).toEqual(costs.toSorted((one, other) => other - one));
  });

  test("has a chart with a title, a description, a table and a link for each year", async () => {
    const { body } = await get("delta", "/?damage=any");
    expect(body).toMatch(/<svg [^>]*role="group" aria-labelledby="chart-title chart-text">/);
    expect(body).toContain('<title id="chart-title">Strikes per year</title>');
    expect(body).toMatch(
      /<desc id="chart-text">A bar for each year from 1990 to 2002\. Most strikes: \d+ in \d{4}\.<\/desc>/,
    );
    expect(body.match(/<th scope="row">(19|20)\d\d<\/th>/g)).toHaveLength(13);
    expect(body).toContain(
      'href="/?year=1996&amp;damage=any" aria-label="1996: 15 strikes, 15 with damage"',
    );
  });

  test("says so where there is nothing, and takes any query string", async () => {
    const none = await get("alaska", "/?species=Zebra+dove");
    expect(none.body).toContain("No strikes are like that.");
    for (const query of [
      "year=1;drop table strikes",
      "year=0x7cf&species=%00",
      "after=%27%20or%20true--",
      "after=1999-99-99_00000000-0000-8000-8000-000000000000",
      "before=5_00000000-0000-8000-8000-000000000000",
      "species=a&species=b",
      `airport=${"x".repeat(5_000)}`,
      "state=%27%3B%3Cscript%3E",
    ]) {
      expect((await get("alaska", `/?${query}`)).status, query).toBeLessThan(500);
    }
  });

  test("of an airline without records is empty and not broken", async () => {
    await world.add({ slug: "new-air", name: "New Air", operator: "none", isolation: "shared" });
    for (const url of ["/", "/fleet"]) {
      const { status, body } = await get("new-air", url);
      expect(status).toBe(200);
      expect(body).toContain("No strikes are registered yet.");
      expect(body).toContain("New Air");
    }
  });
});

describe("a strike", () => {
  test("is shown with all that was reported, and its fleet with what it has been through", async () => {
    for (const { slug } of world.airlines) {
      const list = await get(slug, "/?damage=substantial");
      const [id] = strikesIn(list.body);
      const { status, body } = await get(slug, `/strikes/${id}`);
      expect(status).toBe(200);
      for (const term of [
        "Damage",
        "Cost",
        "Species",
        "Airport",
        "As reported",
        "Aircraft",
        "Speed",
      ])
        expect(body).toContain(`<dt>${term}</dt>`);
      expect(body).toContain("0 notes");
      expect((await get(slug, "/fleet")).body).toMatch(/aircraft types, the most struck first/);
    }
  });

  test("of another airline is, byte for byte, one that does not exist", async () => {
    const ids = new Map<string, string>();
    for (const { slug } of world.airlines)
      ids.set(slug, strikesIn((await get(slug, "/")).body)[0] ?? "");
    for (const { slug } of world.airlines) {
      const absent = await get(slug, "/strikes/00000000-0000-8000-8000-000000000000");
      expect(absent.status).toBe(404);
      for (const [other, id] of ids) {
        if (other === slug) continue;
        expect(plain(await get(slug, `/strikes/${id}`))).toEqual(plain(absent));
        const note = { author: "A", body: "B" };
        const sent = await post(slug, `/strikes/${id}/notes`, note);
        expect([sent.statusCode, sent.body]).toEqual([404, absent.body]);
      }
      for (const url of ["/strikes/1", "/strikes/..%2f", "/nothing"])
        expect(plain(await get(slug, url))).toEqual(plain(absent));
    }
  });

  const plain = ({ status, body, headers: { date: _, ...headers } }: Answer) => ({
    status,
    body,
    headers,
  });
});

describe("a note", () => {
  // Each test has a strike of its own.
  let taken = 0;
  const aStrike = async (slug: string) => {
    taken += 1;
    return `/strikes/${strikesIn((await get(slug, "/")).body)[taken]}`;
  };

  test("is added and shown, to its airline alone, in every isolation model", async () => {
    for (const { slug } of world.airlines) {
      const url = await aStrike(slug);
      const sent = await post(slug, `${url}/notes`, {
        author: " Ada ",
        body: "Blade 7\r\nchanged.",
      });
      expect([sent.statusCode, sent.headers.location]).toEqual([303, `${url}#notes`]);
      const { body } = await get(slug, url);
      expect(body).toContain("1 note<");
      expect(body).toContain('<p class="body">Blade 7\nchanged.</p><p class="quiet">Ada, <time');
    }
  });

  test("cannot bring markup into the page", async () => {
    const url = await aStrike("southwest");
    const nasty = `<script>alert("1")</script>'"&amp; </textarea><img src=x onerror=alert(1)>`;
    await post("southwest", `${url}/notes`, { author: nasty.slice(0, 60), body: nasty });
    const { body } = await get("southwest", url);
    expect(body).not.toMatch(/<script|<img/);
    expect(body).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&quot;&amp;amp;");
    const refused = await post("southwest", `${url}/notes`, { author: "", body: nasty });
    expect(refused.body).not.toMatch(/<script|<img|<\/textarea><img/);
    const filtered = await get("southwest", `/?species=${encodeURIComponent('"><script>')}`);
    expect(filtered.body).not.toContain("<script");
  });

  test("with faults is not taken; the faults are shown and what was typed is kept", async () => {
    const url = await aStrike("delta");
    const sent = await post("delta", `${url}/notes`, { author: "", body: "Typed & kept" });
    expect(sent.statusCode).toBe(422);
    expect(sent.body).toContain("Say who you are.");
    expect(sent.body).toContain('aria-invalid="true" aria-describedby="author-fault"');
    expect(sent.body).toContain("Typed &amp; kept</textarea>");
    const back = await get("delta", `${url}/notes`);
    expect([back.status, back.headers.location]).toEqual([303, `${url}#notes`]);
    const both = await post("delta", `${url}/notes`, { author: "a".repeat(81), body: " " });
    expect(both.body).toContain("Use at most 80 characters; these are 81.");
    expect(both.body).toContain("Write something first.");
    expect((await get("delta", url)).body).toContain("0 notes");
  });

  test("is not taken from another origin, not even from another airline's pages", async () => {
    const url = await aStrike("american");
    const fields = { author: "Mallory", body: "Forged" };
    const from: Record<string, string>[] = [
      { origin: "http://delta.localhost" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of from) {
      const sent = await post("american", `${url}/notes`, fields, headers);
      expect(sent.statusCode).toBe(403);
      expect(sent.body).toContain("Not accepted");
    }
    expect((await get("american", url)).body).not.toContain("Forged");
  });

  test("that is too large, or not a form, is refused in words", async () => {
    const url = await aStrike("ups");
    const large = await post("ups", `${url}/notes`, { author: "A", body: "x".repeat(100_000) });
    expect([large.statusCode, large.headers["content-type"]]).toEqual([
      413,
      "text/html; charset=utf-8",
    ]);
    const xml = await post("ups", `${url}/notes`, {}, { "content-type": "text/xml" });
    expect(xml.statusCode).toBe(415);
  });
});

describe("an airline", () => {
  test("that is suspended gets a page that says so, and a program a problem", async () => {
    await world.setStatus("fedex", "suspended");
    await expect.poll(async () => (await get("fedex", "/")).status).toBe(403);
    const page = await get("fedex", "/");
    expect(page.body).toContain("This register is closed");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    const problem = await get("fedex", "/", { accept: "application/json" });
    expect(JSON.parse(problem.body)).toMatchObject({ status: 403, code: "tenant_suspended" });
    expect((await get("delta", "/")).status).toBe(200);
    await world.setStatus("fedex", "active");
    await expect.poll(async () => (await get("fedex", "/")).status).toBe(200);
  });

  test("that is read-only shows no form and takes no notes", async () => {
    const [id] = strikesIn((await get("ups", "/")).body);
    await world.setStatus("ups", "readonly");
    await expect
      .poll(async () => (await get("ups", `/strikes/${id}`)).body)
      .toContain("read-only at present");
    expect((await get("ups", `/strikes/${id}`)).body).not.toContain("<form");
    const sent = await post("ups", `/strikes/${id}/notes`, { author: "A", body: "B" });
    expect(sent.statusCode).toBe(403);
    await world.setStatus("ups", "active");
    await expect.poll(async () => (await get("ups", `/strikes/${id}`)).body).toContain("<form");
  });

  test("that no one has is not found, and the bare host lists those that there are", async () => {
    expect((await get("concorde", "/")).status).toBe(404);
    const { status, body } = await get("", "/");
    expect(status).toBe(200);
    for (const { slug, name } of world.airlines)
      expect(body).toContain(`<a class="airline" href="http://${slug}.localhost/">${name}</a>`);
    expect((await get("", "/fleet")).status).toBe(400);
  });
});

describe("every answer", () => {
  test("forbids scripts and frames, and takes nothing from elsewhere", async () => {
    for (const url of ["/", "/fleet", "/nothing", "/assets/icon.svg"]) {
      const { headers, body } = await get("delta", url);
      expect(headers["content-security-policy"]).toMatch(
        /^default-src 'none'; style-src 'self';.*frame-ancestors 'none'$/,
      );
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(body).not.toMatch(/(src|href)="(https?:)?\/\/|<script|style="/);
    }
  });

  test("has its stylesheet, which may be kept", async () => {
    const path =
      /href="(\/assets\/style-[^"]*\.css)"/.exec((await get("delta", "/")).body)?.[1] ?? "";
    const { status, headers } = await get("", path);
    expect([status, headers["cache-control"]]).toEqual([
      200,
      "public, max-age=31536000, immutable",
    ]);
  });
});

test("loading again adds nothing, and what is missing is loaded alone", async () => {
  const tenants = await Promise.all(
    world.airlines.map(async (airline) => ({
      airline,
      tenant: await world.hestia.tenant(airline.slug),
    })),
  );
  const loaded: number[] = [];
  const onLoaded = (done: number) => void loaded.push(done);
  await loadAirlines(tenants, { onLoaded });
  expect(loaded).toEqual([]);
  const delta = tenants.find(({ airline }) => airline.slug === "delta");
  await delta?.tenant.query("delete from strikes where occurred_on > '2001-01-01'");
  const total = await loadAirlines(tenants, { onLoaded });
  expect(loaded.at(-1)).toBe(865);
  expect(figure((await get("delta", "/")).body, "Strikes")).toBe("865");
  expect(total).toBeGreaterThan(4_000);
});
