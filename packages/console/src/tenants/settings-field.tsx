// The application's settings of a new tenant: by the schema's own form where there is a schema, as JSON where there is none.
import type { Fault, JsonObject } from "@hestia/core";
import { Fieldset, Skeleton, Stack, Text, Textarea } from "@mantine/core";
import { lazy, type ReactNode, Suspense } from "react";
import { texts } from "../texts/index.ts";
import type { Draft } from "./draft.ts";

const SettingsForm = lazy(() => import("./settings-form.tsx"));

type SettingsFieldProps = {
  readonly draft: Draft;
  readonly schema: JsonObject | Record<string, unknown> | undefined;
  /** All that are to be shown. */
  readonly faults: readonly Fault[];
  onChange(changes: Partial<Draft>): void;
  /** Told what is wrong by the schema. */
  onFaults(faults: readonly Fault[]): void;
};

export function SettingsField(props: SettingsFieldProps): ReactNode {
  const { draft, schema, faults, onChange, onFaults } = props;
  const words = texts.newTenant;
  const own = faults.filter(({ pointer }) => /^\/settings(\/|$)/.test(pointer));
  if (schema === undefined)
    return (
      <Textarea
        label={words.settings}
        description={words.settingsHelp}
        placeholder='{ "locale": "en" }'
        classNames={{ input: "mono" }}
        autosize
        minRows={2}
        maxRows={14}
        spellCheck={false}
        value={draft.settingsText}
        onChange={({ currentTarget: { value } }) => onChange({ settingsText: value })}
        error={own[0]?.message}
      />
    );
  return (
    <Fieldset legend={words.settings} radius="md">
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {words.settingsForm}
        </Text>
        <Suspense fallback={<Skeleton height={120} />}>
          <SettingsForm
            schema={schema}
            value={draft.settings}
            faults={own}
            onChange={(settings) => onChange({ settings })}
            onFaults={onFaults}
          />
        </Suspense>
      </Stack>
    </Fieldset>
  );
}
