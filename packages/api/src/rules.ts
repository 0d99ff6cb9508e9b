// The rules that members of an input follow beyond their schema: each turns an untrusted value into
// its canonical form, or lists every fault. The rules themselves are core's.
import {
  type Parsed,
  parseDescription,
  parseDomain,
  parseEmail,
  parseMigrationFiles,
  parseName,
  parseReason,
  parseSettings,
  parseSlug,
  parseWebhookUrl,
} from "@hestia/core";
import type { TSchema } from "typebox";
import { schemaFaults } from "./schema-faults.ts";
import type { RuleName } from "./schemas.ts";

/** What the server knows that the rules need. */
export type RuleContext = {
  /** The domain under which slugs are served; no tenant's domain may be at or below it. */
  readonly baseDomain?: string | undefined;
  /** The JSON Schema that the operator has for tenants' settings. */
  readonly settingsSchema?: TSchema | undefined;
};

type Rule = (value: unknown, context: RuleContext) => Parsed<unknown>;

/** The rules by name. */
export const rules: { readonly [Name in RuleName]: Rule } = {
  id: (value) => ({ value: String(value).toLowerCase() }),
  // What is no list of texts has its faults by the schema.
  ids: (value) => ({
    value: Array.isArray(value) ? value.map((each) => String(each).toLowerCase()) : value,
  }),
  slug: parseSlug,
  name: parseName,
  reason: parseReason,
  search: parseSearch,
  description: (value) => (value === null ? { value } : parseDescription(value)),
  domain: (value, context) => (value === null ? { value } : parseDomain(value, context)),
  email: parseEmail,
  time: parseTime,
  migrationFiles: parseMigrationFiles,
  settings: parseTenantSettings,
  settingsPatch: parseSettings,
  webhookUrl: parseWebhookUrl,
};

/**
 * Returns the settings, or every fault they have by core's rule and by the operator's schema.
 *
 * A patch is checked by this after it was merged: only the whole can be judged by the schema.
 */
export function parseTenantSettings(
  value: unknown,
  { settingsSchema }: RuleContext,
): ReturnType<typeof parseSettings> {
  const parsed = parseSettings(value);
  if (parsed.faults !== undefined || settingsSchema === undefined) return parsed;
  const [first, ...rest] = schemaFaults(settingsSchema, value);
  return first === undefined ? parsed : { faults: [first, ...rest] };
}

function parseTime(value: unknown): Parsed<Date | null> {
  if (value === null) return { value };
  const time = new Date(String(value));
  return Number.isNaN(time.getTime())
    ? { faults: [{ pointer: "", code: "malformed", message: "It must be a time, in ISO 8601." }] }
    : { value: time };
}

function parseSearch(value: unknown): Parsed<string> {
  const text = String(value).normalize("NFC").trim();
  return /\p{Cc}/u.test(text) || !text.isWellFormed()
    ? {
        faults: [
          { pointer: "", code: "malformed", message: "The text may not have control characters." },
        ],
      }
    : { value: text };
}
