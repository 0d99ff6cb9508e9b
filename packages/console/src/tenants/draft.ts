// A tenant that is being described: what was typed, what is wrong with it by the server's own rules, and what is sent.
import {
  canonicalJson,
  defaultIsolation,
  defaultPlan,
  type Fault,
  faultsBelow,
  type IsolationModel,
  isJsonObject,
  type JsonObject,
  parseDomain,
  parseEmail,
  parseName,
  parseSettings,
  parseSlug,
} from "@hestia/core";
import { useState } from "react";
import { texts } from "../texts/index.ts";

/** The form's fields, as they are typed. */
export type Draft = {
  readonly name: string;
  readonly slug: string;
  /** Whether it was typed; until then it follows the name. */
  readonly isSlugOwn: boolean;
  readonly isolation: IsolationModel;
  readonly isIsolationOwn: boolean;
  readonly plan: string;
  readonly domain: string;
  readonly adminEmail: string;
  /** What the schema's form holds. */
  readonly settings: JsonObject;
  /** What stands in the field for JSON, where there is no schema. */
  readonly settingsText: string;
};

const empty: Draft = {
  name: "",
  slug: "",
  isSlugOwn: false,
  isolation: defaultIsolation,
  isIsolationOwn: false,
  plan: defaultPlan,
  domain: "",
  adminEmail: "",
  settings: {},
  settingsText: "",
};

/** What is sent. */
export type NewTenantInput = {
  readonly slug: string;
  readonly name: string;
  readonly isolation: IsolationModel;
  readonly plan: string;
  readonly domain?: string;
  readonly adminEmail?: string;
  readonly settings?: JsonObject;
};

/** Every fault of the draft that can be told here; the schema's own form tells those of the settings. */
export function draftFaults(
  draft: Draft,
  { baseDomain, hasSchema }: { baseDomain?: string | undefined; hasSchema: boolean },
): Fault[] {
  const { name, slug, domain, adminEmail } = draft;
  const checked = [
    ["/name", parseName(name)],
    ["/slug", parseSlug(slug)],
    ...(domain.trim() === "" ? [] : [["/domain", parseDomain(domain.trim(), { baseDomain })]]),
    ...(adminEmail.trim() === "" ? [] : [["/adminEmail", parseEmail(adminEmail.trim())]]),
    ...(hasSchema ? [["/settings", parseSettings(draft.settings)]] : []),
  ] as [string, { faults?: readonly Fault[] }][];
  return [
    ...checked.flatMap(([pointer, { faults = [] }]) => faultsBelow(pointer, faults)),
    ...(hasSchema ? [] : textFaults(draft.settingsText)),
  ];
}

/** What is sent for the draft; its faults are told before. */
export function inputOf(draft: Draft, hasSchema: boolean): NewTenantInput {
  const { name, slug, isolation, plan } = draft;
  const [domain, adminEmail] = [draft.domain.trim(), draft.adminEmail.trim()];
  const settings = hasSchema ? draft.settings : (settingsOf(draft.settingsText) ?? {});
  return {
    slug,
    name: name.trim(),
    isolation,
    plan,
    ...(domain === "" ? {} : { domain }),
    ...(adminEmail === "" ? {} : { adminEmail }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

/** The command that makes the same tenant. */
export function commandOf({ slug, name, isolation, plan, ...rest }: NewTenantInput): string {
  const options = [
    ["--name", name],
    ["--isolation", isolation === defaultIsolation ? undefined : isolation],
    ["--plan", plan === defaultPlan ? undefined : plan],
    ["--domain", rest.domain],
    ["--admin-email", rest.adminEmail],
    ["--settings", rest.settings && canonicalJson(rest.settings)],
  ] as const;
  const given = options.flatMap(([option, value]) =>
    value === undefined ? [] : [`${option} ${quoted(value)}`],
  );
  return ["npx --no hestia tenants create", quoted(slug), ...given].join(" ");
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function textFaults(text: string): Fault[] {
  const value = settingsOf(text);
  if (value === undefined)
    return [{ pointer: "/settings", code: "malformed", message: texts.newTenant.settingsJson }];
  return faultsBelow("/settings", parseSettings(value).faults ?? []);
}

function settingsOf(text: string): JsonObject | undefined {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const storageKey = "hestia-new-tenant";

/** The draft, which outlives a reload and ends with the tab. */
export function useDraft() {
  const [draft, setDraft] = useState(readDraft);
  const keep = (next: Draft) => {
    sessionStorage.setItem(storageKey, JSON.stringify(next));
    setDraft(next);
  };
  const forget = () => {
    sessionStorage.removeItem(storageKey);
    setDraft(empty);
  };
  return { draft, keep, forget };
}

function readDraft(): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? "{}");
    return isJsonObject(kept) ? { ...empty, ...kept } : empty;
  } catch {
    return empty;
  }
}
