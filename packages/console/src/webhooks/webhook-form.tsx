// Where a webhook leads and what it gets, to be written.
import { type EventType, eventTypes, limits } from "@hestia/core";
import { MultiSelect, Radio, Stack, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { faultsAt } from "../shared/field-faults.ts";
import { texts } from "../texts/index.ts";
import { TenantPicker } from "./tenant-picker.tsx";

const words = texts.webhooks.form;

/** What the form holds; no types: all of them. */
export type WebhookDraft = {
  readonly name: string;
  readonly url: string;
  readonly types: readonly EventType[] | undefined;
  readonly tenants: readonly string[];
};

/** Where the server's faults have a place in the form. */
export const pointers = ["/name", "/url", "/eventTypes", "/tenantIds"] as const;

/** Whether it can be sent. */
export const isWhole = ({ name, url, types }: WebhookDraft): boolean =>
  name.trim() !== "" && url.trim() !== "" && types?.length !== 0;

const groups = [...Map.groupBy(eventTypes, (type) => type.split(".")[0] ?? "")].map(
  ([group, items]) => ({
    group: group.replaceAll("_", " "),
    items: items.map((type) => ({ value: type, label: type })),
  }),
);

export function WebhookForm({
  draft,
  onChange,
  error,
}: {
  draft: WebhookDraft;
  onChange: (draft: WebhookDraft) => void;
  error: unknown;
}): ReactNode {
  const set = (change: Partial<WebhookDraft>) => onChange({ ...draft, ...change });
  return (
    <Stack>
      <TextInput
        label={words.name}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={faultsAt(error, "/name")}
        data-autofocus
      />
      <TextInput
        label={words.url}
        description={words.urlLead}
        placeholder="https://"
        type="url"
        value={draft.url}
        onChange={(event) => set({ url: event.currentTarget.value })}
        error={faultsAt(error, "/url")}
      />
      <Radio.Group
        label={words.events}
        value={draft.types === undefined ? "all" : "some"}
        onChange={(value) => set({ types: value === "all" ? undefined : [] })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="all" label={words.allEvents} />
          <Radio value="some" label={words.someEvents} />
        </Stack>
      </Radio.Group>
      {draft.types !== undefined && (
        <MultiSelect
          label={words.types}
          description={words.typesLead}
          data={groups}
          value={[...draft.types]}
          onChange={(types) => set({ types: types as EventType[] })}
          searchable
          hidePickedOptions
          nothingFoundMessage={words.nothingFound}
          error={faultsAt(error, "/eventTypes")}
          comboboxProps={{ withinPortal: true }}
        />
      )}
      <TenantPicker
        label={words.tenants}
        description={words.tenantsLead}
        value={draft.tenants}
        onChange={(tenants) => set({ tenants: tenants.slice(0, limits.webhookTenantsMax) })}
        error={faultsAt(error, "/tenantIds")}
      />
    </Stack>
  );
}
