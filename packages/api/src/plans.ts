// Plans on the wire: what tenants subscribe to, and what follows from it in their lives.
import { type JsonObject, limits, type Plan, type Requirement, requirements } from "@hestia/core";
import { type Static, Type } from "typebox";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import { defaulted, type Routes } from "./route.ts";
import {
  descriptionInput,
  descriptionPatchInput,
  input,
  isolationSchema,
  planIdInput,
  planNameInput,
  reasonInput,
  settingsInput,
  settingsPatchInput,
  timeSchema,
} from "./schemas.ts";

const requirementsSchema = Type.Unsafe<Requirement[]>({
  type: "array",
  uniqueItems: true,
  maxItems: requirements.length,
  items: { enum: [...requirements] },
  description: "What must be verified before a new tenant is activated.",
});

/** The schema of a plan in an answer. */
const planSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: Type.Optional(Type.String()),
    isolation: isolationSchema,
    defaults: Type.Unsafe<JsonObject>({ type: "object" }),
    requires: requirementsSchema,
    trialDays: Type.Optional(Type.Integer({ description: "Absent, it has no trial." })),
    graceDays: Type.Integer(),
    archiveDays: Type.Integer(),
    warm: Type.Integer(),
    version: Type.Integer({ minimum: 1, description: "Grows with every change." }),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  },
  { title: "Plan" },
);

/** A plan as it crosses the wire. */
export type PlanView = Static<typeof planSchema>;

/** Returns the plan as it crosses the wire. */
export function planView({ createdAt, updatedAt, requires, ...plan }: Plan): PlanView {
  return {
    ...withoutAbsent(plan),
    requires: [...requires],
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

const days = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: limits.planDaysMax, description });
const trial = "How many days after its activation a tenant may try it; absent, it has no trial.";
const trialPatchInput = Type.Unsafe<number | null>({
  type: ["integer", "null"],
  minimum: 1,
  maximum: limits.planDaysMax,
  description: "How many days after its activation a tenant may try it; null for no trial.",
});
const graceInput = days(0, "How many days a deleted tenant stays as it was.");
const archiveInput = days(0, "How many days its archive is kept after that.");
const isolationOfPlan = Type.Enum(["shared", "schema", "database"], {
  description: "The isolation model of the partitions that it keeps ready.",
});
const defaultsInput = {
  ...settingsInput,
  description: "The configuration that a new tenant of the plan begins with.",
};
const warmInput = Type.Integer({
  minimum: 0,
  maximum: limits.warmPartitionsMax,
  description: "How many partitions are kept ready for its next tenants; 0 for `shared`.",
});
const params = input({ planId: planIdInput });
const onePlan = { 200: { description: "The plan.", schema: planSchema } };

/** The routes of plans. */
export const planRoutes = {
  list: {
    method: "GET",
    path: "/v1/plans",
    scope: "platform",
    permission: "plans:read",
    summary: "List plans",
    description: "In the order of their ids.",
    query: input(pageQuery),
    responses: { 200: { description: "A page of plans.", schema: pageOf("PlanPage", planSchema) } },
    errors: ["cursor_invalid"],
  },
  create: {
    method: "POST",
    path: "/v1/plans",
    scope: "platform",
    permission: "plans:write",
    summary: "Create a plan",
    body: input(
      {
        id: planIdInput,
        name: planNameInput,
        description: Type.Optional(descriptionInput),
        isolation: defaulted(isolationOfPlan, "shared"),
        defaults: defaulted(defaultsInput, {}),
        requires: defaulted(requirementsSchema, []),
        trialDays: Type.Optional(days(1, trial)),
        graceDays: defaulted(graceInput, 30),
        archiveDays: defaulted(archiveInput, 90),
        warm: defaulted(warmInput, 0),
      },
      { title: "NewPlan" },
    ),
    responses: { 201: { description: "The plan.", schema: planSchema } },
    errors: ["plan_taken"],
    idempotent: true,
    etag: true,
  },
  get: {
    method: "GET",
    path: "/v1/plans/{planId}",
    scope: "platform",
    permission: "plans:read",
    summary: "Get a plan",
    params,
    responses: onePlan,
    errors: ["plan_not_found"],
    etag: true,
  },
  update: {
    method: "PATCH",
    path: "/v1/plans/{planId}",
    scope: "platform",
    permission: "plans:write",
    summary: "Update a plan",
    description:
      "A JSON merge patch (RFC 7396): what is absent stays. It counts for what comes after: tenants that are there keep their trials, and wait for what they waited for.",
    params,
    body: input(
      {
        name: Type.Optional(planNameInput),
        description: Type.Optional(descriptionPatchInput),
        isolation: Type.Optional(isolationOfPlan),
        defaults: Type.Optional(settingsPatchInput),
        requires: Type.Optional(requirementsSchema),
        trialDays: Type.Optional(trialPatchInput),
        graceDays: Type.Optional(graceInput),
        archiveDays: Type.Optional(archiveInput),
        warm: Type.Optional(warmInput),
      },
      { title: "PlanPatch" },
    ),
    responses: onePlan,
    errors: ["plan_not_found"],
    idempotent: true,
    etag: true,
    ifMatch: "required",
  },
  delete: {
    method: "DELETE",
    path: "/v1/plans/{planId}",
    scope: "platform",
    permission: "plans:write",
    summary: "Delete a plan",
    description: "Refused while tenants have it, and for `standard`.",
    params,
    query: input({ reason: Type.Optional(reasonInput) }),
    responses: { 200: { description: "The plan, deleted.", schema: planSchema } },
    errors: ["plan_not_found", "plan_in_use"],
    idempotent: true,
    ifMatch: "optional",
  },
} as const satisfies Routes;
