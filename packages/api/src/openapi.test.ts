import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { openapi } from "./openapi.ts";
import { problemSchema, statusOf } from "./problem.ts";
import { routeErrors } from "./route.ts";
import { listRoutes } from "./routes.ts";

const document = openapi({ version: "1.2.3", serverUrl: "https://hestia.example" });

/** Every object in the document, with the keys that lead to it. */
function* nodes(
  value: unknown,
  path: readonly string[] = [],
): Generator<[readonly string[], object]> {
  if (typeof value !== "object" || value === null) return;
  yield [path, value];
  for (const [key, member] of Object.entries(value)) yield* nodes(member, [...path, key]);
}

function resolve(ref: string): unknown {
  return ref
    .replace("#/", "")
    .split("/")
    .reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], document);
}

test("the document is plain JSON, of version 3.1, and says its version and server", () => {
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  expect(document).toMatchObject({
    openapi: "3.1.1",
    info: { version: "1.2.3" },
    servers: [{ url: "https://hestia.example" }],
  });
  expect(JSON.stringify(document)).not.toContain("x-rule");
});

test("every reference leads somewhere, and every component is referred to", () => {
  const refs = new Set<string>();
  for (const [path, node] of nodes(document)) {
    const { $ref } = node as { $ref?: unknown };
    if (typeof $ref !== "string") continue;
    refs.add($ref);
    expect(resolve($ref), `${$ref} at ${path.join("/")}`).toBeDefined();
  }
  for (const name of Object.keys(document.components.schemas))
    expect(refs).toContain(`#/components/schemas/${name}`);
});

test("every route is there, once, under its own id and with a described tag", () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const tags = (document.tags as { name: string }[]).map(({ name }) => name);
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
    listRoutes()
      .map(({ id }) => id)
      .sort(),
  );
  for (const operation of operations)
    expect(tags).toEqual(expect.arrayContaining(operation.tags as string[]));
});

describe.each(listRoutes())("$id", ({ id, route }) => {
  const operation = document.paths[route.path]?.[route.method.toLowerCase()];

  test("has every answer and every problem, by status", () => {
    const statuses = [...Object.keys(route.responses), ...routeErrors(route).map(statusOf)];
    expect(Object.keys(operation?.responses ?? {}).sort()).toEqual(
      [...new Set(statuses.map(String))].sort(),
    );
  });

  test("has its parameters described, those of the path as required", () => {
    const parameters = operation?.parameters as {
      name: string;
      in: string;
      required: boolean;
      schema: object;
    }[];
    const inPath = parameters.filter((parameter) => parameter.in === "path");
    expect(inPath.map(({ name }) => name)).toEqual(Object.keys(route.params?.properties ?? {}));
    for (const parameter of parameters) {
      expect(Object.keys(parameter.schema), `${id} ${parameter.name}`).not.toHaveLength(0);
      if (parameter.in === "path") expect(parameter.required).toBe(true);
      if (parameter.in === "query") expect(parameter.required).toBe(false);
    }
  });
});

test("every component is a JSON Schema that compiles, references and all", () => {
  const { schemas } = document.components;
  for (const name of Object.keys(schemas)) {
    const closed = inlined(schemas[name]);
    expect(() => Compile(closed as object), name).not.toThrow();
    expect(Compile(closed as object).Check(undefined), name).toBe(false);
  }
});

test("every example of a problem fits the schema of problems", () => {
  const validator = Compile(problemSchema);
  let count = 0;
  for (const [path, node] of nodes(document.paths)) {
    if (path.at(-2) !== "examples" || !("value" in node)) continue;
    count += 1;
    expect(validator.Errors(node.value), path.join("/")).toEqual([]);
    expect(JSON.stringify(node.value)).not.toContain("undefined");
  }
  expect(count).toBeGreaterThan(100);
});

test("only the platform's routes ask for an operator's key", () => {
  for (const { route } of listRoutes()) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    expect(operation?.security).toEqual(route.scope === "platform" ? [{ operatorKey: [] }] : []);
  }
});

function inlined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inlined);
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return inlined(resolve(String(value.$ref)));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inlined(member)]));
}

test("what a new tenant is when nothing is said stands there", () => {
  const { properties } = document.components.schemas.NewTenant as {
    properties: Record<string, { default?: unknown; description?: string }>;
  };
  expect(properties.isolation).toMatchObject({
    default: "shared",
    description: expect.stringContaining("`shared`, whatever the plan"),
  });
  expect([properties.plan?.default, properties.settings?.default]).toEqual(["standard", {}]);
});
