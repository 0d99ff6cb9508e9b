// The reports: whole, dated, and with nothing in them that a value could have smuggled in.
import { expect, test } from "vitest";
import { type IsolationReport, toHtml, toJunit } from "../src/index.ts";

const report: IsolationReport = {
  ...{ target: "127.0.0.1:5432/hestia", startedAt: "2026-11-22T09:14:15.000Z" },
  ...{ finishedAt: "2026-11-22T09:14:25.000Z", server: "18.4", full: true },
  models: ["shared", "database"],
  ...{ probes: 12, failed: 1 },
  objects: { tables: 3, views: 0, functions: 1, sequences: 0, routes: 2 },
  groups: [
    { model: "shared", group: "rows", probes: 11, failed: 1 },
    { model: "", group: "installation", probes: 1, failed: 0 },
  ],
  mutations: [
    { name: "drop a policy: orders (shared)", caught: true },
    { name: "grant a sequence (shared)", caught: false },
  ],
  findings: [
    {
      ...{ kind: "leak", name: "read another tenant's rows", model: "shared" },
      ...{ object: "orders", way: "raw", detail: `<script>alert("1 & 2")</script>\u0000` },
    },
    { ...{ kind: "survivor", name: "grant a sequence (shared)" }, detail: "no probe saw it" },
  ],
};
const sound: IsolationReport = {
  ...report,
  failed: 0,
  findings: [],
  mutations: report.mutations.slice(0, 1),
  groups: report.groups.slice(1),
};

test("the page says when, what and how it ended, and every finding and mutation", () => {
  const page = toHtml(report);
  for (const text of [
    ...["2026-11-22 09:14:15 UTC", "127.0.0.1:5432/hestia", "PostgreSQL 18.4"],
    ...["Tenants are not kept apart.", "Read another tenant&#39;s rows", "orders · shared · raw"],
    ...["Hole in the proof", "survived", "caught", "1 of 2"],
  ])
    expect(page).toContain(text);
  expect(toHtml(sound)).toContain("<strong>Proven.</strong>");
  expect(toHtml({ ...sound, mutations: [] })).toContain("<strong>Nothing leaked.</strong>");
});

test("the page fetches nothing, runs nothing, and shows values as they are", () => {
  const page = toHtml(report);
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|\shref=/);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain("&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;</pre>");
});

test("the page is for light and dark, and for narrow screens", () => {
  const page = toHtml(report);
  expect(page).toContain("prefers-color-scheme: dark");
  expect(page).toContain('content="width=device-width, initial-scale=1"');
});

test("JUnit's XML counts what failed and has each finding and mutation once", () => {
  const xml = toJunit(report);
  const cases = [...xml.matchAll(/<testcase /g)].length;
  const failures = [...xml.matchAll(/<failure /g)].length;
  expect(xml).toContain(`tests="${cases}" failures="${failures}" errors="0"`);
  expect(failures).toBe(3);
  expect(xml).toContain('time="10"');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold one.
  expect(xml).not.toMatch(/<script|\u0000/);
  expect(toJunit(sound)).toContain('failures="0"');
});
