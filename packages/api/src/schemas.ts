// The schemas that several slices share, and the rules that a schema alone cannot say. A member with
// a rule is checked and brought to its canonical form by core, in the same pass as all others.
import {
  type DeliveryId,
  type HoldId,
  type IsolationCheckId,
  isolationModels,
  type JsonObject,
  limits,
  type OperationId,
  type OperatorKeyId,
  planPattern,
  slugPattern,
  type TenantId,
  uuidPattern,
  type WebhookId,
} from "@hestia/core";
import { type TObject, type TProperties, type TSchema, Type } from "typebox";

/** The names of the rules in rules.ts. */
export type RuleName =
  | "id"
  | "ids"
  | "slug"
  | "name"
  | "reason"
  | "search"
  | "description"
  | "domain"
  | "email"
  | "time"
  | "migrationFiles"
  | "settings"
  | "settingsPatch"
  | "webhookUrl";

/** The member of a schema that names its rule. */
export const ruleKeyword = "x-rule";

/** Makes an input object: members that it does not name are refused. */
export function input<Properties extends TProperties>(
  properties: Properties,
  options: { title?: string; minProperties?: number } = {},
): TObject<Properties> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** Makes the schema of a member that follows a rule beyond it. */
export function ruled<Value>(rule: RuleName, schema: TSchema) {
  return Type.Unsafe<Value>({ ...schema, [ruleKeyword]: rule });
}

function id<Value>(description: string) {
  return ruled<Value>("id", { type: "string", pattern: uuidPattern, description });
}

/** A tenant's id in an input. */
export const tenantIdInput = id<TenantId>("The tenant's id, a UUID.");
/** An operation's id in an input. */
export const operationIdInput = id<OperationId>("The operation's id, a UUID.");

/** A legal hold's id in an input. */
export const holdIdInput = id<HoldId>("The legal hold's id, a UUID.");
/** A webhook's id in an input. */
export const webhookIdInput = id<WebhookId>("The webhook's id, a UUID.");
/** A delivery's id in an input. */
export const deliveryIdInput = id<DeliveryId>("The delivery's id, a UUID.");

/** An operator key's id in an input. */
export const operatorKeyIdInput = id<OperatorKeyId>("The operator key's id, a UUID.");
/** An isolation check's id in an input. */
export const isolationCheckIdInput = id<IsolationCheckId>("The isolation check's id, a UUID.");

/** A slug in an input. */
export const slugInput = ruled<string>("slug", {
  type: "string",
  minLength: limits.slugCharsMin,
  maxLength: limits.slugCharsMax,
  pattern: slugPattern,
  description:
    "A DNS label: lower-case letters, digits and single hyphens, starting with a letter. Names of the platform itself are refused.",
  examples: ["acme"],
});

/** A display name in an input. */
export const nameInput = ruled<string>("name", {
  type: "string",
  minLength: 1,
  maxLength: limits.nameCharsMax,
  description: "What people call the tenant.",
  examples: ["Acme Airways"],
});

/** A webhook's name in an input. */
export const webhookNameInput = ruled<string>("name", {
  ...nameInput,
  description: "What people call the webhook; no two are called the same.",
  examples: ["CRM"],
});

/** A webhook's address in an input. */
export const webhookUrlInput = ruled<string>("webhookUrl", {
  type: "string",
  maxLength: limits.webhookUrlCharsMax,
  description:
    "Where its events are sent: https, without a user, and a public address unless the server's configuration excepts it. It is no secret: it stands in the audit log.",
  examples: ["https://crm.example.com/hooks/hestia"],
});

/** A reason in an input. */
export const reasonInput = ruled<string>("reason", {
  type: "string",
  minLength: 1,
  maxLength: limits.reasonCharsMax,
  description: "Why; it is kept in the audit log.",
  examples: ["Invoice 1042 is unpaid."],
});

/** A custom domain in an input. */
export const domainInput = ruled<string>("domain", {
  type: "string",
  maxLength: limits.domainCharsMax,
  description: "A host name of the tenant's own; it identifies the tenant once it is verified.",
  examples: ["app.acme.com"],
});

/** A custom domain in a merge patch: null releases it. */
export const domainPatchInput = ruled<string | null>("domain", {
  type: ["string", "null"],
  maxLength: limits.domainCharsMax,
  description: "A host name of the tenant's own, or null to release the present one.",
  examples: ["app.acme.com"],
});

/** An e-mail address in an input. */
export const emailInput = ruled<string>("email", {
  type: "string",
  format: "email",
  maxLength: limits.emailCharsMax,
  description: "Whom to invite as the first administrator.",
});

/** Settings in an input. */
export const settingsInput = ruled<JsonObject>("settings", {
  type: "object",
  description: `The application's own settings for the tenant, up to ${limits.settingsBytesMax} bytes.`,
  examples: [{ locale: "en" }],
});

/** Settings in a merge patch. */
export const settingsPatchInput = ruled<JsonObject>("settingsPatch", {
  type: "object",
  description: "Merged into the present settings (RFC 7396): null removes a member.",
  examples: [{ locale: "de", theme: null }],
});

/** A search text in an input. */
export const searchInput = ruled<string>("search", {
  type: "string",
  maxLength: limits.searchCharsMax,
  description: "Finds tenants whose name, slug or domain contains this text.",
});

/** A plan's own id in an input. */
export const planIdInput = Type.String({
  pattern: planPattern,
  maxLength: limits.planCharsMax,
  description: "What tenants name the plan by; it never changes.",
  examples: ["business"],
});

/** A plan's display name in an input. */
export const planNameInput = ruled<string>("name", {
  ...nameInput,
  description: "What people call the plan.",
  examples: ["Business"],
});

/** A description in an input. */
export const descriptionInput = ruled<string>("description", {
  type: "string",
  minLength: 1,
  maxLength: limits.descriptionCharsMax,
  description: "What it is for, in a few sentences.",
});

/** A description in a merge patch: null takes it away. */
export const descriptionPatchInput = ruled<string | null>("description", {
  ...descriptionInput,
  type: ["string", "null"],
});

/** A plan's name in an input. */
export const planInput = Type.String({
  pattern: planPattern,
  maxLength: limits.planCharsMax,
  description: "The name of a plan that exists.",
});

/** An isolation model. */
export const isolationSchema = Type.Enum([...isolationModels], {
  description: "Where the tenant's rows live: among others', in a schema or in a database.",
});

/** An isolation model in an input. */
export const isolationInput = Type.Enum([...isolationModels], {
  description:
    "Where the tenant's rows live: among others', in a schema or in a database. Absent, it is `shared`, whatever the plan.",
});

/** A time in a merge patch: null takes it away. */
export const timePatchInput = ruled<Date | null>("time", {
  type: ["string", "null"],
  format: "date-time",
  examples: ["2030-01-01T00:00:00Z"],
});

/** A time in an answer. */
export const timeSchema = Type.String({ format: "date-time", description: "UTC, ISO 8601." });
