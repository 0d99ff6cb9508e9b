// The form of a new tenant. What is wrong is said as one types; what only the server knows stands at the same fields.
import type { CreatedTenantView } from "@hestia/api";
import type { Fault } from "@hestia/core";
import { Button, Code, Fieldset, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { CopyText } from "../shared/copy-text.tsx";
import { formatNumber } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useCreation } from "./creation.ts";
import { commandOf, type Draft, draftFaults, inputOf, useDraft } from "./draft.ts";
import { isPlaced, serverFaults } from "./fault-places.ts";
import { IsolationChoice } from "./isolation-choice.tsx";
import { PlanChoice } from "./plan-choice.tsx";
import { usePlans } from "./plan-list.ts";
import { SettingsField } from "./settings-field.tsx";
import { useSetup } from "./setup.ts";
import { SlugField } from "./slug-field.tsx";
import { suggestSlug } from "./suggest-slug.ts";

const words = texts.newTenant;

type NewTenantFormProps = { onCreated(tenant: CreatedTenantView): void };

export function NewTenantForm({ onCreated }: NewTenantFormProps): ReactNode {
  const { draft, keep, forget } = useDraft();
  const form = useRef<HTMLFormElement>(null);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [isTried, setTried] = useState(false);
  const [refused, setRefused] = useState<readonly Fault[]>([]);
  const [schemaSays, setSchemaSays] = useState<readonly Fault[]>([]);
  const setup = useSetup();
  const plans = usePlans();
  const { baseDomain, settingsSchema } = setup.data ?? {};
  const hasSchema = settingsSchema !== undefined;
  const creation = useCreation((tenant) => {
    forget();
    onCreated(tenant);
  });
  const own = [...draftFaults(draft, { baseDomain, hasSchema }), ...schemaSays];
  const shown = [
    ...own.filter(({ pointer }) => isTried || touched.has(fieldOf(pointer))),
    ...refused,
  ];
  const errorAt = (field: string) => shown.find(({ pointer }) => pointer === `/${field}`)?.message;
  const touch = (field: string) => () => setTouched((before) => new Set([...before, field]));
  const change = (field: string, changes: Partial<Draft>) => {
    keep({ ...draft, ...changes });
    if (field !== "name") touch(field)();
    setRefused((before) => before.filter(({ pointer }) => fieldOf(pointer) !== field));
  };
  const rename = (name: string) =>
    change("name", { name, ...(draft.isSlugOwn ? {} : { slug: suggestSlug(name) }) });
  const takePlan = (plan: string) => {
    const model = plans.data?.find(({ id }) => id === plan)?.isolation;
    const isolation = draft.isIsolationOwn || model === undefined ? draft.isolation : model;
    change("plan", { plan, isolation });
  };
  const showFaults = () =>
    requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (own.length > 0) return showFaults();
    creation.mutate(inputOf(draft, hasSchema), {
      onError: (error) => {
        setRefused(serverFaults(error));
        showFaults();
      },
    });
  };
  const isElsewhere = creation.error !== null && !isPlaced(creation.error);
  const input = inputOf(draft, hasSchema);
  const field = (name: "name" | "domain" | "adminEmail") => ({
    value: draft[name],
    error: errorAt(name),
    onBlur: draft[name] === "" ? undefined : touch(name),
  });
  return (
    <form onSubmit={submit} noValidate ref={form}>
      <Stack gap="lg" maw={880}>
        <Group grow align="flex-start" preventGrowOverflow={false} gap="lg">
          <TextInput
            label={words.name}
            description={words.nameHelp}
            required
            miw={220}
            autoComplete="off"
            {...field("name")}
            onChange={({ currentTarget: { value } }) => rename(value)}
          />
          <SlugField
            value={draft.slug}
            error={errorAt("slug")}
            baseDomain={baseDomain}
            onChange={(slug) => change("slug", { slug, isSlugOwn: slug !== "" })}
            onBlur={draft.slug === "" ? () => {} : touch("slug")}
          />
        </Group>
        <PlanChoice
          value={draft.plan}
          plans={plans.data ?? []}
          error={errorAt("plan")}
          onChange={takePlan}
        />
        <IsolationChoice
          value={draft.isolation}
          ofPlan={plans.data?.find(({ id }) => id === draft.plan)?.isolation}
          error={errorAt("isolation")}
          onChange={(isolation) => change("isolation", { isolation, isIsolationOwn: true })}
        />
        <Fieldset legend={words.more} radius="md">
          <Stack>
            <TextInput
              label={words.domain}
              description={words.domainHelp}
              placeholder="app.acme.com"
              {...field("domain")}
              onChange={({ currentTarget: { value } }) => change("domain", { domain: value })}
            />
            <TextInput
              label={words.email}
              description={words.emailHelp}
              type="email"
              placeholder="ada@acme.com"
              {...field("adminEmail")}
              onChange={({ currentTarget: { value } }) =>
                change("adminEmail", { adminEmail: value })
              }
            />
            {!hasSchema && (
              <SettingsField
                draft={draft}
                schema={undefined}
                faults={shown}
                onChange={(changes) => change("settings", changes)}
                onFaults={setSchemaSays}
              />
            )}
          </Stack>
        </Fieldset>
        {hasSchema && (
          <SettingsField
            draft={draft}
            schema={settingsSchema}
            faults={shown}
            onChange={(changes) => change("settings", changes)}
            onFaults={setSchemaSays}
          />
        )}
        {setup.error && <Problem error={setup.error} retry={() => void setup.refetch()} />}
        {plans.error && <Problem error={plans.error} retry={() => void plans.refetch()} />}
        {isElsewhere && <Problem error={creation.error} />}
        <Group>
          <Button type="submit" loading={creation.isPending} disabled={setup.isPending}>
            {words.submit}
          </Button>
          <Button variant="subtle" color="gray" onClick={forget} disabled={creation.isPending}>
            {words.again}
          </Button>
          <Text size="sm" role="status">
            {isTried && shown.length > 0 ? words.faults(formatNumber(shown.length)) : ""}
          </Text>
        </Group>
        {input.name !== "" && input.slug !== "" && <SameLine command={commandOf(input)} />}
      </Stack>
    </form>
  );
}

function SameLine({ command }: { command: string }): ReactNode {
  return (
    <Stack gap={4}>
      <Text size="xs" c="dimmed">
        {words.sameLine}
      </Text>
      <Code>
        <CopyText value={command} />
      </Code>
    </Stack>
  );
}

function fieldOf(pointer: string): string {
  return pointer.split("/")[1] ?? "";
}
