// Plans: what a tenant has subscribed to, and what follows from it in its life. What a plan says counts for what comes
// after; nothing of a tenant changes because its plan does.
import { type Fault, invalidInput } from "./faults.ts";
import { type JsonObject, type JsonValue, jsonEquals } from "./json.ts";
import { mergePatch } from "./merge-patch.ts";
import type { IsolationModel } from "./tenants.ts";

/** What a plan may want verified before a new tenant is activated. */
export const requirements = ["email", "domain", "sign_on", "approval"] as const;
/** One thing to be verified. */
export type Requirement = (typeof requirements)[number];

/** What a plan's id looks like. */
export const planPattern = "^[a-z][a-z0-9_-]*$";

/** What a tenant has subscribed to. */
export type Plan = {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** The isolation model of the partitions that it keeps ready. */
  readonly isolation: IsolationModel;
  /** The settings that a new tenant of the plan begins with. */
  readonly defaults: JsonObject;
  /** What must be verified before a new tenant is activated. */
  readonly requires: readonly Requirement[];
  /** How long after its activation a tenant may try it. */
  readonly trialDays?: number | undefined;
  /** How long a deleted tenant stays as it was before it is archived. */
  readonly graceDays: number;
  /** How long its archive is kept after that. */
  readonly archiveDays: number;
  /** How many partitions are kept ready for its next tenants. */
  readonly warm: number;
  /** Grows by one with every change; the ETag is made from it. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

/** The time so many days later. */
export function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * 86_400_000);
}

/** What is asked for when a plan is created, with defaults filled in. */
export type NewPlan = Omit<Plan, "version" | "createdAt" | "updatedAt">;

/** What may be changed in a plan; absent stays, null takes away, defaults are merged. */
export type PlanPatch = {
  readonly [Name in Exclude<keyof NewPlan, "id" | "description" | "trialDays">]?:
    | NewPlan[Name]
    | undefined;
} & {
  readonly description?: string | null | undefined;
  readonly trialDays?: number | null | undefined;
};

/** Makes a plan; throws `invalid_input` where its members do not go together. */
export function makePlan(asked: NewPlan, now: Date): Plan {
  return consistent({ ...inOrder(asked), version: 1, createdAt: now, updatedAt: now });
}

/** Returns the plan with the patch applied, or the same object when nothing changes; throws `invalid_input`. */
export function patchPlan(plan: Plan, patch: PlanPatch, now: Date): Plan {
  const { description, trialDays, ...rest } = plan;
  const { defaults, ...given } = patch;
  const known = Object.fromEntries(
    Object.entries({ ...{ description, trialDays }, ...withoutUndefined(given) }).filter(
      ([, value]) => value !== null && value !== undefined,
    ),
  );
  const merged = { ...rest, ...known, defaults: mergePatch(plan.defaults, defaults ?? {}) };
  const patched = consistent(inOrder(merged as Plan));
  if (jsonEquals(planFacts(plan), planFacts(patched))) return plan;
  return { ...patched, updatedAt: now, version: plan.version + 1 };
}

// Each once, in the order of the list, so that the same demands are the same text.
function inOrder<Given extends { readonly requires: readonly Requirement[] }>(plan: Given): Given {
  return { ...plan, requires: requirements.filter((each) => plan.requires.includes(each)) };
}

function consistent(plan: Plan): Plan {
  const faults: Fault[] = [];
  if (plan.isolation === "shared" && plan.warm > 0)
    faults.push({
      pointer: "/warm",
      code: "not_allowed",
      message: "Shared tenants have no partition of their own that could be kept ready; leave 0.",
    });
  if (faults.length > 0) throw invalidInput(faults);
  return plan;
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

const facts = [
  "name",
  "description",
  "isolation",
  "defaults",
  "requires",
  "trialDays",
  "graceDays",
  "archiveDays",
  "warm",
] as const;

/** Returns what the audit log tells of a plan that is made or deleted. */
export function planFacts(plan: Plan): JsonObject {
  return Object.fromEntries(
    facts.flatMap((name) => (plan[name] === undefined ? [] : [[name, plan[name] as JsonValue]])),
  );
}

/** Returns the changed members before and after, with null for absent: what an audit event tells. */
export function planChanges(before: Plan, after: Plan): { before: JsonObject; after: JsonObject } {
  const [was, is] = [planFacts(before), planFacts(after)];
  const changed = facts.filter((name) => !jsonEquals(was[name] ?? null, is[name] ?? null));
  const told = (from: JsonObject): JsonObject =>
    Object.fromEntries(changed.map((name) => [name, from[name] ?? null]));
  return { before: told(was), after: told(is) };
}
