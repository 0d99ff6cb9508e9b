// Routes, attacked: every one is asked as the attacker with the victim's ids, in its path, query and body, and with the
// victim named beside the attacker in every place where a request may name a tenant. Invariant: an answer about what is
// the victim's is the same, letter by letter, as one about what never was.

import { randomUUID } from "node:crypto";
import { markersOf } from "../probes/objects.ts";
import type { Member } from "../stage.ts";
import type { Route, Schema } from "./route.ts";
import type { Answer, Asked, Asking } from "./send.ts";

/** How a tenant's own client says who it is: its host, and its token where it has one. */
export type Credentials = (tenant: {
  readonly id: string;
  readonly slug: string;
}) => Record<string, string>;

/** What is attacked, and by whom. */
export type RouteAttack = {
  readonly asking: Asking;
  readonly routes: readonly Route[];
  readonly attacker: Member;
  readonly victim: Member;
  readonly credentials: Credentials;
};

/** One attack on one route, and what leaked. */
export type RouteVerdict = {
  readonly name: string;
  readonly object: string;
  readonly evidence?: string | undefined;
};

/** Attacks every route; tells as well whether any route shows the victim something of its own. */
export async function attackRoutes(
  attack: RouteAttack,
): Promise<{ verdicts: RouteVerdict[]; isSeen: boolean }> {
  const verdicts: RouteVerdict[] = [];
  for (const route of attack.routes) verdicts.push(...(await attackRoute(attack, route)));
  const markers = markersOf(attack);
  const asVictim = attack.credentials(attack.victim);
  for (const route of attack.routes.filter(({ method }) => method === "GET"))
    for (const binding of await bindings(attack, route))
      if (leakIn(await send(attack, route, binding, asVictim), binding, markers))
        return { verdicts, isSeen: true };
  return { verdicts, isSeen: false };
}

/** The value that stands for each parameter. */
type Binding = Readonly<Record<string, string>>;

async function attackRoute(attack: RouteAttack, route: Route): Promise<RouteVerdict[]> {
  const { attacker, victim, credentials } = attack;
  const object = `${route.method} ${route.path}`;
  const markers = markersOf(attack);
  const asAttacker = credentials(attacker);
  const verdicts: RouteVerdict[] = [];
  for (const binding of await bindings(attack, route)) {
    const foreign = await send(attack, route, binding, asAttacker);
    const absent = [absentOf(binding), absentOf(binding)] as const;
    const never = [
      await send(attack, route, absent[0], asAttacker),
      await send(attack, route, absent[1], asAttacker),
    ] as const;
    const name = "ask for what is another tenant's";
    const told = leakIn(foreign, binding, markers) ?? unlike({ foreign, binding, never, absent });
    verdicts.push({ name, object, evidence: told });
  }
  for (const [name, change] of disguises(attacker, victim)) {
    const [binding = {}] = await bindings(attack, route);
    const answer = await send(attack, route, binding, asAttacker, change);
    verdicts.push({ name, object, evidence: leakIn(answer, binding, markers) });
  }
  return verdicts;
}

/** Something that only the victim has; what the request said itself is no news. */
function leakIn(answer: Answer, binding: Binding, markers: readonly string[]): string | undefined {
  const said = Object.values(binding);
  const text = `${answer.body}\n${JSON.stringify(answer.headers)}`;
  const marker = markers.find((each) => !said.includes(each) && text.includes(each));
  return marker && `${answer.status}, with ${marker}`;
}

type Asks = {
  readonly foreign: Answer;
  readonly binding: Binding;
  readonly never: readonly [Answer, Answer];
  readonly absent: readonly [Binding, Binding];
};

/** With the asked-for ids taken out both answers must be one; of answers that are never the same the status alone counts. */
function unlike({ foreign, binding, never, absent }: Asks): string | undefined {
  if (Object.keys(binding).length === 0) return undefined;
  const [one, other] = [neutral(never[0], absent[0]), neutral(never[1], absent[1])];
  const asked = neutral(foreign, binding);
  const isAlike = one === other ? asked === one : foreign.status === never[0].status;
  return isAlike
    ? undefined
    : `what is another tenant's: ${cut(asked)}; what never was: ${cut(one)}`;
}

const cut = (text: string) => (text.length > 160 ? `${text.slice(0, 160)}…` : text);

/** What differs between any two answers, such as a request's number, is taken out. */
function neutral({ status, body }: Answer, binding: Binding): string {
  const plain = Object.values(binding).reduce((text, value) => {
    return value === "" ? text : text.replaceAll(value, "{id}");
  }, body);
  return `${status} ${plain.replace(/"(?:instance|requestId|traceId|timestamp)":"[^"]*"/g, "")}`;
}

/** Whatever the victim has that fits a parameter's name: first the ids of the table that the path names. */
async function bindings(attack: RouteAttack, route: Route): Promise<Binding[]> {
  const names = parametersOf(route);
  if (names.length === 0) return [{}];
  const candidates = names.map((name) => candidatesFor(attack.victim, route, name));
  const tried = Array.from(
    { length: Math.max(...candidates.map((list) => list.length)) },
    (_, at) =>
      Object.fromEntries(
        names.map((name, n) => [name, (candidates[n] ?? [])[at] ?? candidates[n]?.[0] ?? ""]),
      ),
  ).slice(0, bindingsMax);
  if (route.method !== "GET") return tried.slice(0, 2);
  // Those that the victim itself gets something for say the most.
  const asVictim = attack.credentials(attack.victim);
  const known: Binding[] = [];
  for (const binding of tried)
    if ((await send(attack, route, binding, asVictim)).status < 300) known.push(binding);
  return known.length > 0 ? known.slice(0, 3) : tried.slice(0, 2);
}

const bindingsMax = 24;

const parametersOf = ({ path, query, body }: Route): string[] => [
  ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name),
  ...query.filter((name) => /id$/i.test(name)).map((name) => `?${name}`),
  ...Object.keys(body?.properties ?? {})
    .filter((name) => /id$/i.test(name))
    .map((name) => `#${name}`),
];

function candidatesFor({ filled }: Member, { path }: Route, name: string): string[] {
  const bare = name.replace(/^[?#]/, "").toLowerCase();
  const noun = bare.replace(/_?id$/, "");
  const before = path.split(`/{${name}}`)[0]?.split("/").at(-1)?.toLowerCase() ?? "";
  const closeness = (table: string) => {
    const plain = table.toLowerCase();
    if (noun !== "" && (plain === noun || plain === `${noun}s`)) return 0;
    return plain === before ? 1 : 2;
  };
  const values = filled.tables
    .toSorted((one, other) => closeness(one.table.name) - closeness(other.table.name))
    .flatMap(({ table, rows }) => {
      const key = table.keys[0]?.columns ?? [];
      const same = table.columns.filter((column) => column.name.toLowerCase() === bare);
      return rows.flatMap((row) =>
        [...key, ...same.map((column) => column.name)].flatMap((column) => row[column] ?? []),
      );
    });
  return [...new Set(values)];
}

/** Ids of the same kind that nobody has. */
function absentOf(binding: Binding): Binding {
  return Object.fromEntries(
    Object.entries(binding).map(([name, value]) => [
      name,
      /^[0-9a-f-]{36}$/i.test(value)
        ? randomUUID()
        : /^\d+$/.test(value)
          ? String(Number(value) + 700_000)
          : `${value.slice(0, -1)}~`,
    ]),
  );
}

type Change = (asked: Asked) => Asked;

/** The attacker's own credentials, with the victim named beside them. */
function disguises(attacker: Member, victim: Member): [string, Change][] {
  const header = (name: string, value: string): [string, Change] => [
    `name another tenant in ${name}`,
    (asked) => ({ ...asked, headers: { ...asked.headers, [name]: value } }),
  ];
  const query = (name: string, value: string): [string, Change] => [
    `name another tenant in the query ${name}`,
    (asked) => ({
      ...asked,
      path: `${asked.path}${asked.path.includes("?") ? "&" : "?"}${name}=${value}`,
    }),
  ];
  const host = (headers: Asked["headers"]) =>
    (headers.host ?? "").replace(attacker.slug, victim.slug);
  return [
    header("x-tenant-id", victim.id),
    header("x-tenant-slug", victim.slug),
    header("x-tenant", victim.slug),
    header("tenant", victim.id),
    header("cookie", `tenant=${victim.slug}; tenant_id=${victim.id}`),
    [
      "name another tenant in x-forwarded-host",
      (asked) => ({
        ...asked,
        headers: { ...asked.headers, "x-forwarded-host": host(asked.headers) },
      }),
    ],
    [
      "name another tenant in forwarded",
      (asked) => ({
        ...asked,
        headers: { ...asked.headers, forwarded: `host="${host(asked.headers)}"` },
      }),
    ],
    query("tenant", victim.slug),
    query("tenantId", victim.id),
    query("tenant_id", victim.id),
    [
      "name another tenant in the path",
      (asked) => ({ ...asked, path: `/t/${victim.slug}${asked.path}` }),
    ],
    ...(attacker.slug === "" ? [] : tokens(attacker, victim)),
  ];
}

/** A token of one's own at another tenant's host: only where there are tokens, else the host alone says who asks. */
function tokens(attacker: Member, victim: Member): [string, Change][] {
  return [
    [
      "use one's own token at another tenant's host",
      (asked) =>
        asked.headers.authorization === undefined && asked.headers.cookie === undefined
          ? asked
          : {
              ...asked,
              headers: {
                ...asked.headers,
                host: (asked.headers.host ?? "").replace(attacker.slug, victim.slug),
              },
            },
    ],
  ];
}

function send(
  { asking }: RouteAttack,
  route: Route,
  binding: Binding,
  headers: Record<string, string>,
  change: Change = (asked) => asked,
): Promise<Answer> {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(binding[name] ?? "x"),
  );
  const query = Object.entries(binding).filter(([name]) => name.startsWith("?"));
  const search = new URLSearchParams(
    query.map(([name, value]) => [name.slice(1), value]),
  ).toString();
  const hasBody = !["GET", "HEAD", "DELETE", "OPTIONS"].includes(route.method);
  const body = hasBody ? JSON.stringify(exampleOf(route.body ?? {}, binding)) : undefined;
  return asking.send(
    change({
      method: route.method,
      path: search === "" ? path : `${path}?${search}`,
      headers: {
        ...headers,
        accept: "*/*",
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": `${Buffer.byteLength(body)}` }),
      },
      body,
    }),
  );
}

/** A value that a schema takes, with the bound ids where it names them. */
function exampleOf(schema: Schema, binding: Binding, name = ""): unknown {
  const bound = binding[`#${name}`];
  if (bound !== undefined) return schema.type === "integer" ? Number(bound) : bound;
  const given = schema.const ?? schema.example ?? schema.default ?? schema.enum?.[0];
  if (given !== undefined) return given;
  const type = [schema.type ?? (schema.items ? "array" : "object")].flat()[0];
  if (type === "object")
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, each]) => [
        key,
        exampleOf(each, binding, key),
      ]),
    );
  if (type === "array") return schema.items ? [exampleOf(schema.items, binding)] : [];
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, 1);
  return type === "boolean" ? true : type === "null" ? null : textOf(schema);
}

const formats: Readonly<Record<string, string>> = {
  uuid: "00000000-0000-4000-8000-000000000001",
  date: "2026-01-01",
  "date-time": "2026-01-01T10:00:00Z",
  email: "attacker@example.com",
  uri: "https://example.com/",
};

const textOf = ({ format, minLength = 1 }: Schema) =>
  formats[format ?? ""] ?? "attacker".repeat(Math.ceil(minLength / 8));
