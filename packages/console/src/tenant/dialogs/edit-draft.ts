// An edit as it is typed, the merge patch that it comes to, and what another operator changed meanwhile. Pure. What was not
// touched is never sent, so that an edit takes nothing back that it did not mean to.
import type { TenantView } from "@hestia/api";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonEquals,
  mergePatch,
} from "@hestia/core";
import { isoTime, localTime } from "./times.ts";

/** The fields, each as its text. */
export type EditDraft = {
  readonly name: string;
  readonly plan: string;
  readonly domain: string;
  readonly trialEndsAt: string;
  readonly retainUntil: string;
  readonly reviewAt: string;
  readonly settings: string;
};

/** The names of the fields, in the order in which they stand. */
const editFields = [
  "name",
  "plan",
  "domain",
  "trialEndsAt",
  "retainUntil",
  "reviewAt",
  "settings",
] as const satisfies readonly (keyof EditDraft)[];

/** The fields as they are at the server. */
export function draftOf(tenant: TenantView): EditDraft {
  return {
    name: tenant.name,
    plan: tenant.plan,
    domain: tenant.domain ?? "",
    trialEndsAt: localTime(tenant.trialEndsAt),
    retainUntil: localTime(tenant.retainUntil),
    reviewAt: localTime(tenant.reviewAt),
    settings: JSON.stringify(tenant.settings, null, 2),
  };
}

/** Returns the settings, or what is wrong with the text. */
export function parseSettingsText(
  text: string,
): { readonly value: JsonObject } | { readonly problem: string } {
  try {
    const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return isJsonObject(value) ? { value } : { problem: text.trim().slice(0, 40) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The fields that were touched since they were read. */
export function touched(base: EditDraft, draft: EditDraft): readonly (keyof EditDraft)[] {
  return editFields.filter((name) => {
    if (name !== "settings") return base[name].trim() !== draft[name].trim();
    const [before, after] = [parseSettingsText(base.settings), parseSettingsText(draft.settings)];
    return !("value" in before && "value" in after && jsonEquals(before.value, after.value));
  });
}

/** Returns the merge patch that leads from the one to the other; settings must be JSON. */
export function patchOf(base: EditDraft, draft: EditDraft): JsonObject {
  const time = (local: string) => isoTime(local) ?? null;
  const parsed = (text: string): JsonObject => {
    const read = parseSettingsText(text);
    return "value" in read ? read.value : {};
  };
  const members = {
    name: () => draft.name.trim(),
    plan: () => draft.plan,
    domain: () => draft.domain.trim() || null,
    trialEndsAt: () => time(draft.trialEndsAt),
    retainUntil: () => time(draft.retainUntil),
    reviewAt: () => time(draft.reviewAt),
    settings: () => mergePatchBetween(parsed(base.settings), parsed(draft.settings)),
  };
  return Object.fromEntries(touched(base, draft).map((name) => [name, members[name]()]));
}

/** The merge patch (RFC 7396) that makes one object of another. */
export function mergePatchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const changed = Object.entries(after).filter(([name, value]) => !jsonEquals(before[name], value));
  return Object.fromEntries([
    ...removed.map((name): [string, JsonValue] => [name, null]),
    ...changed.map(([name, value = null]): [string, JsonValue] => {
      const was = before[name];
      const bothObjects = isJsonObject(was) && isJsonObject(value);
      return [name, bothObjects ? mergePatchBetween(was, value) : value];
    }),
  ]);
}

/** What another operator changed, field by field, beside what is typed here. */
export type Clash = {
  readonly field: keyof EditDraft;
  readonly before: string;
  readonly theirs: string;
  /** Absent where this edit leaves the field alone. */
  readonly yours?: string;
};

/** Returns everything that changed since `base` was read. */
export function clashes(base: EditDraft, theirs: EditDraft, draft: EditDraft): readonly Clash[] {
  const mine = touched(base, draft);
  return touched(base, theirs).map((field) => ({
    ...{ field, before: base[field], theirs: theirs[field] },
    ...(mine.includes(field) ? { yours: draft[field] } : {}),
  }));
}

/** The draft on top of what the others made: what was touched stays, the rest is theirs. */
export function rebased(base: EditDraft, theirs: EditDraft, draft: EditDraft): EditDraft {
  const mine = touched(base, draft);
  const fields = editFields.map((name) => {
    if (!mine.includes(name)) return [name, theirs[name]];
    return [name, name === "settings" ? rebasedSettings(base, theirs, draft) : draft[name]];
  });
  return Object.fromEntries(fields) as EditDraft;
}

// Two operators who set different members are not in each other's way.
function rebasedSettings(base: EditDraft, theirs: EditDraft, draft: EditDraft): string {
  const [was, now, mine] = [base, theirs, draft].map(({ settings }) => parseSettingsText(settings));
  if (!was || !now || !mine || !("value" in was && "value" in now && "value" in mine))
    return draft.settings;
  const merged = mergePatch(now.value, mergePatchBetween(was.value, mine.value));
  return JSON.stringify(merged, null, 2);
}
