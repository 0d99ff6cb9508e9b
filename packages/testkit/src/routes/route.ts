// The routes of an application: from an OpenAPI document, or from a Fastify, Hono or Express application itself.

/** A route, with its parameters as OpenAPI writes them: `/orders/{orderId}`. */
export type Route = {
  readonly method: string;
  readonly path: string;
  /** Names of query parameters, required or not. */
  readonly query: readonly string[];
  /** The JSON schema of the body, where there is one. */
  readonly body?: Schema | undefined;
};

/** As much of a JSON schema as a body is made from. */
export type Schema = {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
};

type Parameter = { readonly name: string; readonly in: string; readonly $ref?: string };
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { schema?: Schema }>> };
};

/** An OpenAPI document, as far as it is read. */
export type OpenApi = {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const methods = ["get", "head", "post", "put", "patch", "delete", "options"];

/** The routes of a document. */
export function routesOf(document: OpenApi): Route[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method] !== undefined)
      .map((method): Route => {
        const operation = item[method] as Operation;
        const common = (item.parameters ?? []) as readonly Parameter[];
        const parameters = [...common, ...(operation.parameters ?? [])].map((each) =>
          resolved<Parameter>(document, each),
        );
        const content = operation.requestBody?.content ?? {};
        const schema = (content["application/json"] ?? Object.values(content)[0])?.schema;
        return {
          ...{ method: method.toUpperCase(), path },
          query: parameters.filter((each) => each.in === "query").map(({ name }) => name),
          body: schema && flat(document, schema),
        };
      }),
  );
}

function resolved<T extends { readonly $ref?: string }>(document: OpenApi, each: T): T {
  if (each.$ref === undefined) return each;
  const steps = each.$ref.replace(/^#\//, "").split("/");
  const found = steps.reduce<unknown>(
    (at, step) => (at as Record<string, unknown> | undefined)?.[step.replaceAll("~1", "/")],
    document,
  );
  return (found ?? {}) as T;
}

/** References and alternatives taken in; a depth that ends circles. */
function flat(document: OpenApi, schema: Schema, depth = 0): Schema {
  if (depth > 6) return {};
  const own = resolved<Schema>(document, schema);
  const [chosen] = own.oneOf ?? own.anyOf ?? [];
  const parts = [...(own.allOf ?? []), ...(chosen ? [chosen] : [])].map((part) =>
    flat(document, part, depth + 1),
  );
  const members = Object.fromEntries(
    [own, ...parts].flatMap((part) => Object.entries(part.properties ?? {})),
  );
  const merged: Schema = Object.assign({}, own, ...parts);
  const properties = Object.entries(members).map(
    ([name, each]) => [name, flat(document, each, depth + 1)] as const,
  );
  return {
    ...merged,
    ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(merged.items ? { items: flat(document, merged.items, depth + 1) } : {}),
  };
}

type Inner = {
  readonly routes?: unknown;
  readonly router?: { readonly stack?: unknown };
  readonly printRoutes?: (options: object) => string;
};

/** The routes that an application knows of itself; undefined where it cannot be asked. */
export function findRoutes(app: unknown): Route[] | undefined {
  const { routes, router, printRoutes } = app as Inner;
  if (typeof printRoutes === "function")
    return fastifyRoutes(printRoutes.call(app, { commonPrefix: false }));
  if (Array.isArray(routes)) return unique(routes as { method: string; path: string }[]);
  if (Array.isArray(router?.stack)) return unique(router.stack.flatMap(expressRoutes));
  return undefined;
}

function unique(found: readonly { method: string; path: string }[]): Route[] {
  const plain = found
    .filter(({ method }) => methods.includes(method.toLowerCase()))
    .map(({ method, path }) => ({ method: method.toUpperCase(), path: braced(path), query: [] }));
  return [...new Map(plain.map((route) => [`${route.method} ${route.path}`, route])).values()];
}

/** `:id` becomes `{id}`; patterns behind a name are dropped. */
const braced = (path: string) =>
  path.replace(/:([A-Za-z_]\w*)(?:\{[^}]*\}|\([^)]*\))?\??/g, "{$1}");

type Layer = { route?: { path: string | string[]; methods: Record<string, boolean> } };

function expressRoutes({ route }: Layer): { method: string; path: string }[] {
  if (!route) return [];
  return [route.path]
    .flat()
    .flatMap((path) => Object.keys(route.methods).map((method) => ({ method, path })));
}

/** Fastify shows its routes as a tree: four characters a level, then a part of the path, then the methods. */
function fastifyRoutes(tree: string): Route[] {
  const parts: string[] = [];
  const found: { method: string; path: string }[] = [];
  for (const line of tree.split("\n")) {
    const [, indent, part = "", named] =
      /^([│├└─ ]*)(\S.*?)?(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (indent === undefined || part === "") continue;
    parts.length = Math.max(0, indent.length / 4 - 1);
    parts.push(part);
    for (const method of named?.split(", ") ?? []) found.push({ method, path: parts.join("") });
  }
  return unique(found);
}
