// From what arrived to what a handler may trust: path, query and body become one input, checked by
// their schemas and rules in one pass, so that one answer lists every fault.
import { type Fault, invalidInput, isJsonObject, jsonPointer } from "@hestia/core";
import type { TObject, TSchema } from "typebox";
import type { ParsedInput, Route } from "./route.ts";
import { type RuleContext, rules } from "./rules.ts";
import { schemaFaults } from "./schema-faults.ts";
import { type RuleName, ruleKeyword } from "./schemas.ts";

/** What arrived, before anything is known about it. */
export type RawInput = {
  readonly params?: unknown;
  /** Names to texts, or to lists of texts where a name came more than once. */
  readonly query?: unknown;
  readonly body?: unknown;
};

/**
 * Returns the input of a route, checked and in canonical form, or throws `invalid_input`.
 *
 * Pointers name the member alone (`/slug`, `/limit`), wherever it travels: names are unique within
 * a route.
 */
export function parseInput<R extends Route>(
  route: R,
  raw: RawInput,
  context: RuleContext = {},
): ParsedInput<R> {
  const parts = [
    parsePart(route.params, raw.params ?? {}, context),
    parsePart(route.query, fromTexts(route.query, raw.query ?? {}), context),
    // Without a body, a route whose members are all optional has an empty one; null is not an absent body.
    parsePart(route.body, raw.body === undefined ? {} : raw.body, context),
  ];
  const faults = parts.flatMap((part) => part.faults);
  if (faults.length > 0) throw invalidInput(faults);
  return Object.assign({}, ...parts.map((part) => part.members)) as ParsedInput<R>;
}

type Part = { readonly members: Record<string, unknown>; readonly faults: readonly Fault[] };

function parsePart(schema: TObject | undefined, raw: unknown, context: RuleContext): Part {
  if (schema === undefined) return { members: {}, faults: [] };
  const faults = schemaFaults(schema, raw);
  if (!isJsonObject(raw)) return { members: {}, faults };
  const members = Object.entries(schema.properties).flatMap(([name, property]) =>
    Object.hasOwn(raw, name) ? [parseMember(name, property, raw[name], context, faults)] : [],
  );
  const ruled = new Set(members.flatMap((member) => member.overrules));
  return {
    members: {
      ...defaultsOf(schema),
      ...Object.fromEntries(members.map((m) => [m.name, m.value])),
    },
    faults: [
      ...faults.filter((fault) => !ruled.has(fault.pointer)),
      ...members.flatMap((member) => member.faults),
    ],
  };
}

type Member = {
  readonly name: string;
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** The pointer whose faults by the schema the rule says better. */
  readonly overrules: readonly string[];
};

function parseMember(
  name: string,
  property: TSchema,
  value: unknown,
  context: RuleContext,
  schemaSays: readonly Fault[],
): Member {
  const pointer = jsonPointer(name);
  const rule = (property as { [ruleKeyword]?: RuleName })[ruleKeyword];
  const hasWrongType = schemaSays.some(
    (fault) => fault.pointer === pointer && fault.code === "wrong_type",
  );
  if (rule === undefined || hasWrongType) return { name, value, faults: [], overrules: [] };
  const parsed = rules[rule](value, context);
  if (parsed.faults === undefined) return { name, value: parsed.value, faults: [], overrules: [] };
  const faults = parsed.faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer }));
  return { name, value, faults, overrules: [pointer] };
}

function defaultsOf(schema: TObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema.properties).flatMap(([name, property]) =>
      "default" in property ? [[name, structuredClone(property.default)]] : [],
    ),
  );
}

/** Reads a query's texts as the types that its schema has; what cannot be read stays a text. */
function fromTexts(schema: TObject | undefined, query: unknown): unknown {
  if (schema === undefined || !isJsonObject(query)) return query;
  const properties: Record<string, TSchema> = schema.properties;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [
      name,
      Object.hasOwn(properties, name) ? fromText(properties[name] as TextTyped, value) : value,
    ]),
  );
}

type TextTyped = { readonly type?: string | readonly string[] };

function fromText({ type }: TextTyped, value: unknown): unknown {
  if (type === "array") return [value].flat().flatMap((text) => String(text).split(","));
  if (typeof value !== "string") return value;
  if (type === "integer" || type === "number")
    return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  if (type === "boolean") return value === "true" ? true : value === "false" ? false : value;
  return value;
}
