// A plan while it is being written: what a form holds, what of it is sent, and what differs from another version.
import type { PlanView } from "@hestia/api";
import {
  type IsolationModel,
  isJsonObject,
  type JsonObject,
  jsonEquals,
  type Requirement,
} from "@hestia/core";

/** What the form holds; numbers are empty while they are being typed. */
export type PlanDraft = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isolation: IsolationModel;
  readonly requires: readonly Requirement[];
  readonly trialDays: number | "";
  readonly graceDays: number | "";
  readonly archiveDays: number | "";
  readonly warm: number | "";
  /** As text, since it may not be JSON yet. */
  readonly defaults: string;
};

/** What a new plan begins with: what the server would fill in. */
export const emptyDraft: PlanDraft = {
  id: "",
  name: "",
  description: "",
  isolation: "shared",
  requires: [],
  trialDays: "",
  graceDays: 30,
  archiveDays: 90,
  warm: 0,
  defaults: "{}",
};

/** The plan as a form holds it. */
export const draftOf = (plan: PlanView): PlanDraft => ({
  id: plan.id,
  name: plan.name,
  description: plan.description ?? "",
  isolation: plan.isolation,
  requires: plan.requires,
  trialDays: plan.trialDays ?? "",
  graceDays: plan.graceDays,
  archiveDays: plan.archiveDays,
  warm: plan.warm,
  defaults: JSON.stringify(plan.defaults, undefined, 2),
});

/** The configuration, or undefined where the text is no JSON object. */
export function defaultsOf({ defaults }: PlanDraft): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(defaults.trim() || "{}");
    return isJsonObject(value as JsonObject) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** What is sent when the plan is created. */
export function inputOf(draft: PlanDraft) {
  const { description, requires, trialDays, graceDays, archiveDays, warm } = draft;
  return {
    id: draft.id.trim(),
    name: draft.name,
    isolation: draft.isolation,
    requires: [...requires],
    defaults: defaultsOf(draft) ?? {},
    graceDays: graceDays === "" ? undefined : graceDays,
    archiveDays: archiveDays === "" ? undefined : archiveDays,
    warm: warm === "" ? undefined : warm,
    trialDays: trialDays === "" ? undefined : trialDays,
    description: description.trim() === "" ? undefined : description,
  };
}

/** The members in which the draft differs from the plan as it was. */
export function changesOf(draft: PlanDraft, plan: PlanView): (keyof PlanDraft)[] {
  const before = draftOf(plan);
  return (Object.keys(before) as (keyof PlanDraft)[]).filter((name) =>
    name === "defaults"
      ? !jsonEquals(defaultsOf(draft) ?? null, plan.defaults)
      : !jsonEquals(draft[name] as never, before[name] as never),
  );
}

/** The merge patch from the plan as it was to the draft. */
export function patchOf(draft: PlanDraft, plan: PlanView) {
  const changed = new Set(changesOf(draft, plan));
  const { id: _never, ...input } = inputOf(draft);
  const values = {
    ...input,
    description: input.description ?? null,
    trialDays: input.trialDays ?? null,
    defaults: defaultsPatch(plan.defaults, input.defaults),
  };
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => changed.has(name as keyof PlanDraft)),
  ) as Partial<typeof values>;
}

/** A merge patch (RFC 7396): what is gone is null. */
function defaultsPatch(before: JsonObject, after: JsonObject): JsonObject {
  const gone = Object.keys(before).filter((name) => !(name in after));
  return {
    ...Object.fromEntries(gone.map((name) => [name, null])),
    ...Object.fromEntries(
      Object.entries(after)
        .filter(([name, value]) => !jsonEquals(before[name] ?? null, value) || !(name in before))
        .map(([name, value]) => {
          const was = before[name];
          return [
            name,
            isJsonObject(was) && isJsonObject(value) ? defaultsPatch(was, value) : value,
          ];
        }),
    ),
  };
}
