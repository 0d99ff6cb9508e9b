// The doctor looks for everything that hardening does, and for nothing that it does not: in a database as PostgreSQL
// makes it, its findings are the very rights that running the script takes away.
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { withClient, withDatabase } from "../cluster/admin.ts";
import { rolesOf } from "../cluster/identifiers.ts";
import { readSql } from "../cluster/versions.ts";
import { type Clinic, openClinic } from "./doctor.fixture.ts";
import { examineDatabase } from "./examine.ts";
import { hardeningChecks } from "./hardening.ts";
import { readInstallation } from "./installation.ts";
import { readRecipe } from "./recipe.ts";

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openClinic(inject("postgresUrl"));
});
afterAll(() => clinic?.close());

/** Everything that PUBLIC may do, one line each. */
const rightsText = `
  select x.object || ': ' || lower(a.privilege_type) as held
  from (
    select 'function ' || p.oid::regprocedure as object, coalesce(p.proacl, acldefault('f', p.proowner)) as acl from pg_proc p
    union all select 'catalogue pg_catalog.' || c.relname, c.relacl from pg_class c
    union all select 'language ' || l.lanname, coalesce(l.lanacl, acldefault('l', l.lanowner)) from pg_language l
    union all select 'schema ' || n.nspname, n.nspacl from pg_namespace n
    union all select 'type ' || t.oid::regtype, coalesce(t.typacl, acldefault('T', t.typowner)) from pg_type t
  ) x cross join lateral aclexplode(x.acl) a where a.grantee = 0`;

test("the findings of an unhardened database are what hardening takes away", async () => {
  const database = `${clinic.prefix}_bare`;
  await clinic.run("postgres", `create database ${database} template template0`);
  try {
    const before = await rightsIn(database);
    const found = await examineDatabase(
      await readInstallation(clinic.databaseUrl),
      database,
      hardeningChecks,
    );
    await clinic.run(database, await readSql("harden.sql", rolesOf(clinic.prefix)));
    const after = await rightsIn(database);
    const lost = new Set([...before.difference(after)].map((held) => held.split(": ")[0]));
    expect(new Set(found.map(({ object }) => object))).toEqual(lost);
    expect(found.length).toBeGreaterThan(250);
  } finally {
    await clinic.run("postgres", `drop database ${database} with (force)`);
  }
});

function rightsIn(database: string): Promise<Set<string>> {
  return withClient(withDatabase(clinic.databaseUrl, database), async (client) => {
    await client.query("set search_path = pg_catalog");
    const { rows } = await client.query<{ held: string }>(rightsText);
    return new Set(rows.map(({ held }) => held));
  });
}

test("the script holds no statement that the doctor does not know", async () => {
  expect((await readRecipe()).statements).toEqual([
    "revoke all on schema public from public",
    "revoke usage on schema information_schema from public",
    "grant usage on schema information_schema to {{owner}}, {{system}}, pg_monitor",
    "revoke usage on language plpgsql from public",
    "grant usage on language plpgsql to {{owner}}",
  ]);
});
