// Where there is no superuser the doctor says that isolation is reduced and what is missing, in few words, and finds no
// error: this was accepted. And where there is no installation it says so in one sentence.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { withClient, withDatabase } from "../cluster/admin.ts";
import { bootstrapPlatform } from "../platform/index.ts";
import { examine, type Report } from "./examine.ts";

const name = `reduced_${randomBytes(4).toString("hex")}`;
const run = (sql: string) =>
  withClient(inject("postgresUrl"), async (client) => void (await client.query(sql)));
let url: string;
let report: Report;

beforeAll(async () => {
  await run(`create role ${name}_admin login createrole createdb password 'secret'`);
  await run(`create database ${name} owner ${name}_admin`);
  const login = new URL(withDatabase(inject("postgresUrl"), name));
  login.username = `${name}_admin`;
  login.password = "secret";
  url = login.href;
  const { cluster } = await bootstrapPlatform({ databaseUrl: url, secretKey: "s".repeat(32) });
  await cluster.close();
  report = await examine({ databaseUrl: url });
});

afterAll(async () => {
  for (const part of ["", "_data", "_data_template"])
    await run(`drop database if exists ${name}${part} with (force)`);
  const logins = Array.from({ length: 16 }, (_, index) => `app_${index + 1}`);
  for (const role of [...logins, "app", "directory", "tenant", "system", "owner", "admin"])
    await run(`drop role if exists ${name}_${role}`);
});

test("without a superuser isolation is reduced, and what is missing is named", () => {
  expect(report.superuser).toBe(false);
  const [finding] = report.findings.filter(({ check }) => check === "reduced-isolation");
  expect(finding).toMatchObject({ severity: "warning", object: `administrator ${name}_admin` });
  expect(finding?.why).toContain("set_config");
  expect(finding?.cure).toContain("superuser");
});

test("what only a superuser could put right is one warning a kind and database", () => {
  const own = report.findings.filter(({ check }) => check.startsWith("hardened-"));
  expect(own.map(({ check, database }) => `${database} ${check}`).sort()).toEqual([
    `${name} hardened-settings`,
    `${name}_data hardened-catalogues`,
    `${name}_data hardened-functions`,
    `${name}_data hardened-languages`,
    `${name}_data hardened-schemas`,
    `${name}_data_template hardened-catalogues`,
    `${name}_data_template hardened-functions`,
    `${name}_data_template hardened-languages`,
    `${name}_data_template hardened-schemas`,
  ]);
  expect(new Set(own.map(({ severity }) => severity))).toEqual(new Set(["warning"]));
});

test("no error is left that the administrator cannot cure", async () => {
  const errors = report.findings.filter(
    ({ severity, object }) => severity === "error" && !object.startsWith("database "),
  );
  for (const { database, cure } of errors)
    await withClient(
      withDatabase(url, database),
      async (client) => void (await client.query(cure)),
    );
  const { findings } = await examine({ databaseUrl: url });
  expect(
    findings.filter(({ severity }) => severity === "error").map(({ object }) => object),
  ).toEqual([]);
});

test("a database without Hestia is said to be one", async () => {
  await expect(examine({ databaseUrl: inject("postgresUrl") })).rejects.toThrow(
    "The database postgres holds no Hestia; start the server with it once, or correct DATABASE_URL.",
  );
});
