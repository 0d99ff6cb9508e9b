// JSON Merge Patch (RFC 7396): null removes, objects merge, anything else replaces. Pure; inputs are
// never changed, and a member called `__proto__` is an ordinary member.
import { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

/** Returns what the target becomes under the patch. */
export function mergePatch(target: JsonValue | undefined, patch: JsonObject): JsonObject;
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue;
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const members = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), value));
  }
  return Object.fromEntries(members);
}
