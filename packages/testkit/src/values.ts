// Values for columns that nobody described: candidates by type, and by what checks and domains say, of which PostgreSQL
// itself is asked which will do. Other seeds give other values wherever the constraints leave room.

import type { Column } from "./catalogue.ts";
import { matching } from "./patterns.ts";

/** Candidates for a column, the best first; `null` at the end where it may be null. `hints` are expressions about it. */
export function candidatesOf(
  column: Column,
  seed: number,
  token: string,
  hints: readonly string[],
): (string | null)[] {
  const plain = plainValues(column, seed, token);
  const mined = minedValues(column, seed, [...hints, ...column.domainChecks]);
  const wanted = [...(hints.length + column.domainChecks.length > 0 ? mined : []), ...plain];
  const fitting = wanted.map((each) => fit(column, each));
  const values = column.isArray
    ? fitting.slice(0, 3).map((each) => `{${quotedItem(each)}}`)
    : fitting;
  return [...new Set(values), ...(column.notNull ? [] : [null])];
}

const quotedItem = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

function fit({ base, lengthMax }: Column, text: string): string {
  if (lengthMax === null) return text;
  // What tells rows apart stands at the end.
  if (base === "varchar" || base === "bpchar") return text.slice(-lengthMax);
  return base === "bit" ? text.padStart(lengthMax, "0").slice(-lengthMax) : text.slice(-lengthMax);
}

const pad = (number: number, length: number) => String(number).padStart(length, "0");

/** A uuid of version 4 that begins with the token's code. */
export function uuidOf(seed: number, token: string): string {
  const code = [...token].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 0xffffffff, 7);
  return `${code.toString(16).padStart(8, "0")}-0000-4000-8000-${seed.toString(16).padStart(12, "0")}`;
}

const dayOf = (seed: number) =>
  new Date(Date.UTC(2001, 0, 1 + (seed % 9000))).toISOString().slice(0, 10);

type Maker = (seed: number, token: string) => readonly string[];

const integers: Maker = (seed) => [
  String(seed),
  String(seed % 30_000),
  String(seed % 100),
  "1",
  "0",
];
const texts: Maker = (seed, token) => [
  `${token}-${seed}`,
  `${token}${seed}`,
  `${token}${seed}@example.com`,
  `https://${token}.example.com/${seed}`,
  `+4144${pad(seed, 7)}`,
  dayOf(seed),
  uuidOf(seed, token),
  pad(seed, 10),
  pad(seed % 1000, 3),
  pad(seed, 64),
  String.fromCharCode(65 + (Math.floor(seed / 26) % 26), 65 + (seed % 26)),
  String.fromCharCode(65 + (seed % 26)).repeat(3),
  "a",
  "",
];

const makers: Record<string, Maker> = {
  int2: (seed) => [String(seed % 30_000), String(seed % 100), "1", "0"],
  int4: integers,
  int8: integers,
  oid: integers,
  numeric: (seed) => [String(seed), String(seed % 100), `0.${seed % 10}`, "1", "0"],
  float4: (seed) => [String(seed), String(seed % 90), "1", "0"],
  float8: (seed) => [String(seed), String(seed % 90), "1", "0"],
  money: integers,
  bool: (seed) => (seed % 2 === 0 ? ["true", "false"] : ["false", "true"]),
  text: texts,
  varchar: texts,
  bpchar: texts,
  citext: texts,
  name: texts,
  char: (seed) => [String.fromCharCode(65 + (seed % 26))],
  uuid: (seed, token) => [uuidOf(seed, token)],
  date: (seed) => [dayOf(seed), "2026-01-01", "2099-01-01"],
  timestamp: (seed) => [`${dayOf(seed)} 10:00:00`, "2099-01-01 10:00:00"],
  timestamptz: (seed) => [`${dayOf(seed)} 10:00:00+00`, "2099-01-01 10:00:00+00"],
  time: (seed) => [`10:${pad(seed % 60, 2)}:${pad(Math.floor(seed / 60) % 60, 2)}`],
  timetz: (seed) => [`10:${pad(seed % 60, 2)}:00+00`],
  interval: (seed) => [`${seed} minutes`, "1 hour"],
  json: (seed, token) => [`{"${token}":${seed}}`, "{}", "[]"],
  jsonb: (seed, token) => [`{"${token}":${seed}}`, "{}", "[]"],
  bytea: (seed, token) => [`\\x${Buffer.from(`${token}${seed}`).toString("hex")}`],
  inet: (seed) => [`10.${(seed >> 16) & 255}.${(seed >> 8) & 255}.${seed & 255}`],
  cidr: (seed) => [`10.${(seed >> 8) & 255}.${seed & 255}.0/24`],
  macaddr: (seed) => [`08:00:2b:${pad(seed % 90, 2)}:${pad(Math.floor(seed / 90) % 90, 2)}:01`],
  macaddr8: (seed) => [
    `08:00:2b:01:02:03:${pad(seed % 90, 2)}:${pad(Math.floor(seed / 90) % 90, 2)}`,
  ],
  point: (seed) => [`(${seed},1)`],
  box: (seed) => [`((${seed},1),(0,0))`],
  line: (seed) => [`{1,1,${seed}}`],
  lseg: (seed) => [`[(0,0),(${seed},1)]`],
  path: (seed) => [`[(0,0),(${seed},1)]`],
  polygon: (seed) => [`((0,0),(${seed},1),(1,1))`],
  circle: (seed) => [`<(0,0),${seed}>`],
  bit: (seed) => [seed.toString(2)],
  varbit: (seed) => [seed.toString(2)],
  tsvector: (_, token) => [token],
  tsquery: (_, token) => [token],
  xml: (seed, token) => [`<${token}>${seed}</${token}>`],
  pg_lsn: (seed) => [`0/${seed.toString(16)}`],
  int4range: (seed) => [`[${seed * 10},${seed * 10 + 5})`],
  int8range: (seed) => [`[${seed * 10},${seed * 10 + 5})`],
  numrange: (seed) => [`[${seed * 10},${seed * 10 + 5})`],
  daterange: (seed) => [`[${dayOf(seed * 2)},${dayOf(seed * 2 + 1)})`],
  tsrange: (seed) => [`[${dayOf(seed)} 10:00,${dayOf(seed)} 11:00)`],
  tstzrange: (seed) => [`[${dayOf(seed)} 10:00+00,${dayOf(seed)} 11:00+00)`],
};

function plainValues(column: Column, seed: number, token: string): readonly string[] {
  const { labels, base, precision, scale } = column;
  if (labels) return labels.map((_, at) => labels[(at + seed) % labels.length] ?? "");
  if (base === "numeric" && precision !== null) {
    const whole = precision - (scale ?? 0);
    const bound = whole <= 0 ? 1 : 10 ** Math.min(whole, 9);
    return [String(seed % bound), ...(scale ? [`0.${seed % 10}`] : []), "0"];
  }
  return makers[base]?.(seed, token) ?? [];
}

/** Values that lie within a partition's bounds: another one for another seed, where there is room. */
export function valuesWithin(bound: string, seed: number): string[] {
  const [, from] = /FROM \((.+?)\) TO/.exec(bound) ?? [];
  const literals = [...(from ?? bound).matchAll(/'((?:[^']|'')*)'/g)].map(([, text = ""]) => text);
  if (from === undefined)
    return literals.map((_, at) => literals[(at + seed) % literals.length] ?? "");
  return literals.flatMap((literal) => [withinRange(literal, seed), literal]);
}

function withinRange(from: string, seed: number): string {
  if (/^-?\d+$/.test(from)) return String(Number(from) + (seed % 7));
  const [, day, rest] = /^(\d{4}-\d\d-\d\d)(.*)$/.exec(from) ?? [];
  if (day === undefined) return from;
  const later = new Date(Date.parse(`${day}T00:00:00Z`) + (seed % 7) * 86_400_000);
  return `${later.toISOString().slice(0, 10)}${rest}`;
}

/** What an expression names itself: its literals, numbers on both sides of its bounds, texts that its patterns match. */
function minedValues({ base }: Column, seed: number, hints: readonly string[]): string[] {
  const strings = hints.flatMap((hint) =>
    [...hint.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = ""]) => text.replaceAll("''", "'")),
  );
  const patterns = hints.flatMap((hint) =>
    [...hint.matchAll(/~\*? '((?:[^']|'')*)'/g)].map(([, text = ""]) => text.replaceAll("''", "'")),
  );
  const matched = patterns.flatMap((pattern) => matching(pattern, seed) ?? []);
  const likes = hints.flatMap((hint) =>
    [...hint.matchAll(/~~\*? '([^']*)'/g)].map(([, text = ""]) =>
      text.replaceAll("%", `${seed}`).replaceAll("_", "a"),
    ),
  );
  const turned = strings.map((_, at) => strings[(at + seed) % strings.length] ?? "");
  return [...matched, ...likes, ...numbersIn(hints, base, seed), ...turned];
}

const numeric = new Set(["int2", "int4", "int8", "numeric", "float4", "float8", "money"]);

function numbersIn(hints: readonly string[], base: string, seed: number): string[] {
  if (!numeric.has(base) && !/text|char/.test(base)) return [];
  const found = hints.flatMap((hint) =>
    [...hint.matchAll(/(?<![\w'])-?\d+(?:\.\d+)?/g)].map(([text]) => Number(text)),
  );
  if (!numeric.has(base)) {
    // A length that is bounded.
    return found.filter((n) => n > 0 && n <= 500).map((n) => pad(seed, n).slice(-n));
  }
  const bounds = [...new Set(found)].slice(0, 8);
  return bounds.flatMap((n) => [n + (seed % 97), n + 1, n, n - 1, n - (seed % 97)]).map(String);
}
