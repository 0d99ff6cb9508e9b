// The register, checked as any application would be: its tables and its routes, in all three models.
import { checkIsolation } from "@hestia/testkit";
import { expect, inject, test } from "vitest";
import { buildApp } from "./app.ts";

test("no airline reaches another's register, by SQL or by a request", async () => {
  const report = await checkIsolation({
    databaseUrl: inject("postgresUrl"),
    migrations: new URL("../migrations/", import.meta.url).pathname,
    app: ({ hestia }) =>
      buildApp({ hestia, baseDomain: "localhost", links: () => [], logLevel: "silent" }),
  });
  expect(report.findings).toEqual([]);
  expect(report.objects.routes).toBeGreaterThan(5);
  const ofRoutes = report.mutations.filter(({ name }) => name.includes("(routes,"));
  expect(ofRoutes.length).toBeGreaterThan(3);
  expect(report.mutations.filter(({ caught }) => !caught)).toEqual([]);
}, 240_000);
