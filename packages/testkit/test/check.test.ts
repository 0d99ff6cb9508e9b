// The check on applications of our own. Where all is well nothing is found and every mutation is caught; where somebody
// made a hole, the hole is found.
import { withClient } from "@hestia/postgres/platform";
import { expect, inject, test, vi } from "vitest";
import { checkIsolation, isProven, toJson } from "../src/index.ts";
import { intricate, orders } from "./applications.fixture.ts";

const databaseUrl = inject("postgresUrl");

// A hundred mutations, each with the probes behind it, also on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 });

/** Databases and roles that a check leaves behind. */
const left = () =>
  withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select datname as name from pg_database where datname like 'hestia_check_%'
       union all select rolname from pg_roles where rolname like 'hestia_check_%'`,
    );
    return rows.map(({ name }) => name);
  });

test("an application of orders: nothing is found, and every mutation on every table is caught", async () => {
  const report = await checkIsolation({ databaseUrl, migrations: orders, full: true });
  expect(report).toMatchObject({ failed: 0, findings: [] });
  expect(report.mutations.filter(({ caught }) => !caught)).toEqual([]);
  expect(report.mutations.length).toBeGreaterThan(80);
  expect(report.probes).toBeGreaterThan(1000);
  expect(report.objects).toMatchObject({ tables: 4, views: 1, functions: 1, sequences: 1 });
});

test("tables with checks, domains, circles and partitions get rows, and hold", async () => {
  const report = await checkIsolation({ databaseUrl, migrations: intricate, full: true });
  expect(report.findings).toEqual([]);
  expect(report.mutations.filter(({ caught }) => !caught)).toEqual([]);
});

test.each([
  [
    "a policy that lets everything through",
    "alter policy hestia_tenant on orders using (true)",
    { kind: "leak", name: "read another tenant's rows", object: "orders" },
  ],
  [
    "a policy of the author's own beside it",
    "create policy also on orders using (note is not null)",
    { kind: "leak", name: "delete another tenant's rows", object: "orders" },
  ],
  [
    "a view with its owner's rights that shows no value of a row",
    "create view total as select count(*) from orders; grant select on total to public",
    { kind: "leak", name: "see more when another tenant has more", object: "total" },
  ],
  [
    "a function with its owner's rights",
    "create function peek() returns bigint language sql security definer as 'select count(*) from orders'; grant execute on function peek to public",
    { kind: "leak", name: "find a function that runs with another's rights" },
  ],
  [
    "a unique index without the tenant",
    "create unique index on customers (email)",
    {
      kind: "leak",
      name: "learn of a foreign row from the unique key customers_email_idx",
      object: "customers",
    },
  ],
  [
    "a sequence that tenants may read",
    "grant select on sequence orders_number_seq to public",
    { kind: "leak", name: "read a sequence", object: "orders_number_seq" },
  ],
  [
    "a table that takes no row",
    "alter table scratch add constraint impossible check (id < 0 and id > 0)",
    { kind: "unproven", name: "put rows into the table", object: "scratch" },
  ],
])("%s is found", async (_, setup, finding) => {
  const report = await checkIsolation({
    ...{ databaseUrl, migrations: orders, setup, mutate: false },
    models: ["shared"],
  });
  expect(report.findings).toContainEqual(expect.objectContaining(finding));
  expect(report.failed).toBeGreaterThan(0);
  expect(isProven(report)).toBe(false);
});

test("what programs get has these members and no others", async () => {
  const report = await checkIsolation({
    ...{ databaseUrl, migrations: orders },
    models: ["database"],
  });
  const json = toJson(report);
  expect(Object.keys(json)).toEqual([
    ...["target", "startedAt", "finishedAt", "probes", "failed", "mutations", "findings"],
  ]);
  for (const mutation of json.mutations) expect(Object.keys(mutation)).toEqual(["name", "caught"]);
  expect(json.target).toBe(new URL(databaseUrl).host.concat("/postgres"));
});

test("a check that is ended early leaves nothing behind, nor does one that fails", async () => {
  const names = new Set<string>();
  const ended = new AbortController();
  const onProgress = (text: string) => {
    for (const [name] of text.matchAll(/hestia_check_[0-9a-f]{7}/g)) names.add(name);
    if (text.startsWith("shared: read")) ended.abort(new Error("ended by hand"));
  };
  const check = checkIsolation({
    ...{ databaseUrl, migrations: orders, onProgress },
    signal: ended.signal,
  });
  await expect(check).rejects.toThrow("ended by hand");
  const setup = "select nonsense";
  const broken = checkIsolation({ databaseUrl, migrations: orders, setup, onProgress });
  await expect(broken).rejects.toThrow("nonsense");
  expect(names.size).toBe(2);
  const remains = await left();
  expect(remains.filter((each) => [...names].some((name) => each.startsWith(name)))).toEqual([]);
});

test("what a killed check left is removed by the next one, and what another one uses is not", async () => {
  const [name, used] = ["hestia_check_0000001", "hestia_check_0000002"];
  await withClient(databaseUrl, async (client) => {
    for (const each of [name, used]) await client.query(`create database ${each}`);
    for (const each of [name, used]) await client.query(`create role ${each}_app`);
    await client.query(`set application_name = '${used}'`);
    await checkIsolation({ databaseUrl, migrations: orders, models: ["shared"], mutate: false });
    const now = await left();
    expect(now).not.toContain(name);
    expect(now).not.toContain(`${name}_app`);
    expect(now).toEqual(expect.arrayContaining([used, `${used}_app`]));
    await client.query(`drop database ${used}`);
    await client.query(`drop role ${used}_app`);
  });
});

test("an administrator who is no superuser is told so, and nothing is made", async () => {
  await withClient(databaseUrl, (client) =>
    client.query("create role hestia_plain login createdb createrole password 'plain'"),
  );
  const url = new URL(databaseUrl);
  url.username = "hestia_plain";
  url.password = "plain";
  url.pathname = "/template1";
  try {
    await withClient(databaseUrl, (client) =>
      client.query("grant connect on database template1 to hestia_plain"),
    );
    await expect(checkIsolation({ databaseUrl: url.href, migrations: orders })).rejects.toThrow(
      "hestia_plain is no superuser",
    );
  } finally {
    await withClient(databaseUrl, async (client) => {
      await client.query("drop owned by hestia_plain");
      await client.query("revoke connect on database template1 from hestia_plain");
      await client.query("drop role hestia_plain");
    });
  }
});
