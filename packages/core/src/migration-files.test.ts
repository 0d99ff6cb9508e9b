import { expect, test } from "vitest";
import { parseMigrationFiles } from "./migration-files.ts";

const file = { set: "tenant", name: "0001_orders.sql", sql: "select 1;" };

test("files are taken as they are given", () => {
  const files = [file, { ...file, set: "shared" }, { ...file, name: "0002.sql" }];
  expect(parseMigrationFiles(files).value).toBe(files);
});

test("a file that is there twice and a text that cannot be stored are faults, each where it is", () => {
  const files = [file, file, { ...file, name: "0002.sql", sql: "\ud800" }, "what", null];
  expect(parseMigrationFiles(files).faults).toMatchObject([
    { pointer: "/1/name", code: "duplicate" },
    { pointer: "/2/sql", code: "malformed" },
  ]);
});
