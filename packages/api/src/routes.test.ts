import { errorCodes } from "@hestia/core";
import { describe, expect, test } from "vitest";
import { problemSchema, statusOf } from "./problem.ts";
import { routeErrors } from "./route.ts";
import { listRoutes } from "./routes.ts";

const all = listRoutes();

test("no two routes share a method and a path, or an id", () => {
  expect(new Set(all.map(({ route }) => `${route.method} ${route.path}`)).size).toBe(all.length);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

describe.each(all)("$id", ({ route }) => {
  const parts = [route.params, route.query, route.body].filter((part) => part !== undefined);

  test("has one name for each member of its input, wherever that travels", () => {
    const names = parts.flatMap((part) => Object.keys(part.properties));
    expect(new Set(names).size).toBe(names.length);
  });

  test("describes exactly the parameters of its path", () => {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys(route.params?.properties ?? {})).toEqual(inPath);
  });

  test("refuses members that it does not know", () => {
    for (const part of parts) expect(part).toHaveProperty("additionalProperties", false);
  });

  test("answers a question with 200, and what it starts with 202", () => {
    expect(Object.keys(route.responses)).not.toHaveLength(0);
    if (route.method === "GET") expect(route.responses).toHaveProperty("200");
    const later = route.responses[202];
    if (route.waits === true) expect(later).toBeDefined();
    // Else what is 202 is done already, and only its effect may come later.
    else if (later !== undefined) expect(later.schema).toBe(route.responses[200]?.schema);
  });

  test("needs a permission exactly where it is the platform's", () => {
    expect(route.permission !== null).toBe(route.scope === "platform");
  });

  test("names codes of the table, each once, and no status that is an answer as well", () => {
    const codes = routeErrors(route);
    expect(new Set(route.errors).size).toBe(route.errors.length);
    for (const code of codes) {
      expect(errorCodes).toHaveProperty(code);
      expect(route.responses, code).not.toHaveProperty(String(statusOf(code)));
    }
  });

  test("names no code that its other members imply", () => {
    const implied = routeErrors({ ...route, errors: [] });
    expect(route.errors.filter((code) => implied.includes(code))).toEqual([]);
  });

  test("never answers with the schema of a problem", () => {
    for (const { schema } of Object.values(route.responses)) expect(schema).not.toBe(problemSchema);
  });
});
