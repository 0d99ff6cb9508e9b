// What is wrong with a value by a JSON Schema, found without generating code: the page's policy forbids that.
import { type OutputUnit, type Schema, type SchemaDraft, Validator } from "@cfworker/json-schema";
import { type Fault, jsonPointer } from "@hestia/core";
import {
  type RJSFSchema,
  type RJSFValidationError,
  toErrorSchema,
  type ValidatorType,
} from "@rjsf/utils";
import { texts } from "../texts/index.ts";

/** Returns every fault, each with a pointer to the very member. */
export function checkBySchema(schema: object, value: unknown): Fault[] {
  const { errors } = validate(schema, value);
  return errors.filter(isOwn).map((unit) => ({ ...placeOf(unit), code: unit.keyword }));
}

/** The validator that forms ask which branch of a schema a value is of. */
export function validatorFor(): ValidatorType {
  return {
    validateFormData: (formData, schema) => {
      const errors = checkBySchema(schema, formData).map(errorOf);
      return { errors, errorSchema: toErrorSchema(errors) };
    },
    isValid: (schema, formData, rootSchema) => validate(within(schema, rootSchema), formData).valid,
    rawValidation: (schema, formData) => ({
      errors: validate(schema, formData).errors as never,
    }),
  };
}

function validate(schema: object, value: unknown) {
  const { $schema } = schema as { $schema?: string };
  // Members that are undefined are absent, as they will be on the wire.
  if (value === undefined) return { valid: false, errors: [] };
  const sent = JSON.parse(JSON.stringify(value));
  return new Validator(schema as Schema, draftOf($schema), false).validate(sent);
}

function draftOf($schema: string | undefined): SchemaDraft {
  if ($schema?.includes("/draft-04/")) return "4";
  if ($schema?.includes("/draft-06/") || $schema?.includes("/draft-07/")) return "7";
  return $schema?.includes("/draft/2019-09/") ? "2019-09" : "2020-12";
}

// A part of a schema refers to definitions of the whole.
function within(schema: RJSFSchema, rootSchema: RJSFSchema): RJSFSchema {
  const { $defs, definitions, $schema } = rootSchema;
  return {
    ...($schema === undefined ? {} : { $schema }),
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
    ...schema,
  };
}

const containers = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "items",
  "prefixItems",
  "additionalItems",
  "allOf",
  "$ref",
  "if",
  "then",
  "else",
  "dependentSchemas",
]);

// Containers only say that something inside them is wrong.
function isOwn({ keyword }: OutputUnit): boolean {
  return !containers.has(keyword);
}

function placeOf(unit: OutputUnit): Pick<Fault, "pointer" | "message"> {
  const { instanceLocation, keyword, error } = unit;
  const at = decodeURIComponent(instanceLocation.replace(/^#/, ""));
  const missing = keyword === "required" ? /"(.*)"/.exec(error)?.[1] : undefined;
  if (missing === undefined) return { pointer: at, message: wordsFor(unit) };
  return { pointer: at + jsonPointer(missing), message: `${missing} is required.` };
}

// What people need is what it must be; the library tells what it is not.
function wordsFor({ keyword, error }: OutputUnit): string {
  const limit = /\d+(?=\)?\.$)/.exec(error)?.[0];
  const { type, enum: list, ...others } = texts.newTenant.schema;
  if (keyword === "type") return type(/Expected "(.*)"/.exec(error)?.[1] ?? "");
  if (keyword === "enum") return list(/any of \[(.*)\]/.exec(error)?.[1] ?? "");
  return others[keyword as keyof typeof others]?.(limit ?? "") ?? error;
}

function errorOf({ pointer, message, code }: Fault): RJSFValidationError {
  return { name: code, message, property: pointer.replaceAll("/", "."), stack: message };
}
