// A tenant's settings: a JSON object of the application's own, bounded, and only of what PostgreSQL
// can hold as jsonb.
import { type Fault, jsonPointer, type Parsed, parsedOr } from "./faults.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { limits } from "./limits.ts";

/** Returns the settings, or every fault they have. */
export function parseSettings(value: unknown): Parsed<JsonObject> {
  if (!isJsonObject(value))
    return { faults: [fault("", "wrong_type", "The settings must be a JSON object.")] };
  const faults = valueFaults(value, "", 0);
  // Nested too deep, it cannot be written as text without overflowing the stack.
  const isDeep = faults.some((each) => each.code === "too_deep");
  if (!isDeep && bytesOf(value) > limits.settingsBytesMax)
    faults.push(
      fault("", "too_large", `The settings must have at most ${limits.settingsBytesMax} bytes.`),
    );
  return parsedOr(faults, () => value);
}

function bytesOf(value: JsonObject): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

function valueFaults(value: unknown, pointer: string, depth: number): Fault[] {
  // What is read from 1e999 is infinite, and would be written as null.
  if (typeof value === "number" && !Number.isFinite(value))
    return [fault(pointer, "malformed", "The number is too large to be stored.")];
  if (typeof value === "string") return textFaults(value, pointer, "value");
  if (typeof value !== "object" || value === null) return [];
  if (depth >= limits.settingsDepthMax)
    return [
      fault(pointer, "too_deep", `The settings may nest ${limits.settingsDepthMax} deep at most.`),
    ];
  return Object.entries(value).flatMap(([name, member]) => [
    ...textFaults(name, pointer, "member's name"),
    ...valueFaults(member, pointer + jsonPointer(name), depth + 1),
  ]);
}

// jsonb refuses U+0000 and unpaired surrogates; found here they have a pointer.
function textFaults(text: string, pointer: string, what: string): Fault[] {
  return text.includes("\u0000") || !text.isWellFormed()
    ? [fault(pointer, "malformed", `The ${what} has a character that cannot be stored.`)]
    : [];
}

function fault(pointer: string, code: string, message: string): Fault {
  return { pointer, code, message };
}
