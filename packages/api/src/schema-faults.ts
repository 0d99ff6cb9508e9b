// What a value has wrong by a schema, as faults: all of them at once, each with a pointer to the very
// member (an unknown one and a missing one too), in words for people.
import { type Fault, jsonPointer, limits, planPattern, uuidPattern } from "@hestia/core";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { Settings } from "typebox/system";

const compiled = new WeakMap<TSchema, Validator>();

/** Returns every fault that the value has by the schema; none when it fits. */
export function schemaFaults(schema: TSchema, value: unknown): Fault[] {
  const validator = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, validator);
  if (validator.Check(value)) return [];
  // The library stops at eight by default; an input's faults are listed together.
  Settings.Set({ maxErrors: limits.faultsMax });
  const faults = validator.Errors(value).flatMap(faultsOf);
  return faults.length > 0
    ? faults.slice(0, limits.faultsMax)
    : [{ pointer: "", code: "malformed", message: "This does not fit." }];
}

function faultsOf(error: TLocalizedValidationError): Fault[] {
  const at = error.instancePath;
  switch (error.keyword) {
    case "required":
      return error.params.requiredProperties.map((name) => ({
        pointer: at + jsonPointer(name),
        code: "required",
        message: `${name} is required.`,
      }));
    case "additionalProperties":
      return error.params.additionalProperties.map((name) => ({
        pointer: at + jsonPointer(name),
        code: "unknown",
        message: `${name} is not known here; take it away.`,
      }));
    // Accompanies every unknown member, which has its fault already.
    case "boolean":
      return [];
    default:
      return [{ pointer: at, ...wordsFor(error) }];
  }
}

function wordsFor(error: TLocalizedValidationError): { code: string; message: string } {
  switch (error.keyword) {
    case "type":
      return { code: "wrong_type", message: `This must be ${typeWords(error.params.type)}.` };
    case "enum":
      return {
        code: "not_allowed",
        message: `This must be one of: ${error.params.allowedValues.join(", ")}.`,
      };
    case "const":
      return { code: "not_allowed", message: `This must be ${String(error.params.allowedValue)}.` };
    case "minLength":
      return {
        code: "too_short",
        message: `This must have ${error.params.limit} characters at least.`,
      };
    case "maxLength":
      return {
        code: "too_long",
        message: `This must have ${error.params.limit} characters at most.`,
      };
    case "minItems":
      return { code: "too_short", message: `This must have ${error.params.limit} items at least.` };
    case "maxItems":
      return { code: "too_long", message: `This must have ${error.params.limit} items at most.` };
    case "minimum":
      return { code: "too_small", message: `This must be ${error.params.limit} at least.` };
    case "maximum":
      return { code: "too_large", message: `This must be ${error.params.limit} at most.` };
    case "format":
      return { code: "malformed", message: `This must be a valid ${error.params.format}.` };
    case "pattern":
      return { code: "malformed", message: patternText(String(error.params.pattern)) };
    default:
      return { code: "malformed", message: `This ${error.message}.` };
  }
}

/** What people write by hand is told in words. */
function patternText(pattern: string): string {
  if (pattern === uuidPattern)
    return "This must be an id, such as 0199c0de-0000-7000-8000-000000000001.";
  if (pattern === planPattern)
    return "This must have lower-case letters, digits, hyphens and underscores alone, a letter first.";
  return `This must match ${pattern}.`;
}

const words: Record<string, string> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  null: "null",
};

function typeWords(type: string | string[]): string {
  return [type]
    .flat()
    .map((each) => words[each] ?? each)
    .join(" or ");
}
