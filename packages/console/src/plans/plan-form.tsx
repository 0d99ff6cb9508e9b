// What a plan says, to be written.
import { isolationModels, type Requirement, requirements } from "@hestia/core";
import {
  Checkbox,
  JsonInput,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import type { ReactNode } from "react";
import { faultsAt } from "../shared/field-faults.ts";
import { texts } from "../texts/index.ts";
import { defaultsOf, type PlanDraft } from "./draft.ts";

const words = texts.plans.form;

/** Where the server's faults have a place in the form. */
export const pointers = [
  "/id",
  "/name",
  "/description",
  "/requires",
  "/trialDays",
  "/graceDays",
  "/archiveDays",
  "/warm",
  "/isolation",
  "/defaults",
] as const;

export function PlanForm({
  draft,
  onChange,
  error,
  isNew,
}: {
  draft: PlanDraft;
  onChange: (draft: PlanDraft) => void;
  error: unknown;
  isNew: boolean;
}): ReactNode {
  const set = (change: Partial<PlanDraft>) => onChange({ ...draft, ...change });
  const number = (name: "trialDays" | "graceDays" | "archiveDays" | "warm") => ({
    value: draft[name],
    onChange: (value: number | string) => set({ [name]: value === "" ? "" : Number(value) }),
    error: faultsAt(error, `/${name}`),
    allowDecimal: false,
    allowNegative: false,
  });
  return (
    <Stack>
      {isNew && (
        <TextInput
          label={words.id}
          description={words.idLead}
          value={draft.id}
          onChange={(event) => set({ id: event.currentTarget.value })}
          error={faultsAt(error, "/id")}
          data-autofocus
        />
      )}
      <TextInput
        label={words.name}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={faultsAt(error, "/name")}
        {...(isNew ? {} : { "data-autofocus": true })}
      />
      <Textarea
        label={words.description}
        autosize
        minRows={2}
        value={draft.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
        error={faultsAt(error, "/description")}
      />
      <Checkbox.Group
        label={words.requires}
        value={[...draft.requires]}
        onChange={(requires) => set({ requires: requires as Requirement[] })}
        error={faultsAt(error, "/requires")}
      >
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt="xs">
          {requirements.map((each) => (
            <Checkbox key={each} value={each} label={texts.plans.requirements[each]} />
          ))}
        </SimpleGrid>
      </Checkbox.Group>
      <SimpleGrid cols={{ base: 1, xs: 3 }} style={{ alignItems: "end" }}>
        <NumberInput
          label={words.trialDays}
          description={words.trialLead}
          {...number("trialDays")}
        />
        <NumberInput
          label={words.graceDays}
          description={words.graceLead}
          {...number("graceDays")}
        />
        <NumberInput
          label={words.archiveDays}
          description={words.archiveLead}
          {...number("archiveDays")}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, xs: 2 }} style={{ alignItems: "end" }}>
        <Select
          label={words.isolation}
          description={words.isolationLead}
          allowDeselect={false}
          data={isolationModels.map((model) => ({
            value: model,
            label: texts.plans.models[model],
          }))}
          value={draft.isolation}
          onChange={(isolation) => isolation && set({ isolation: isolation as never })}
          error={faultsAt(error, "/isolation")}
        />
        <NumberInput label={words.warm} description={words.warmLead} {...number("warm")} />
      </SimpleGrid>
      <JsonInput
        label={words.defaults}
        autosize
        minRows={3}
        maxRows={14}
        value={draft.defaults}
        onChange={(defaults) => set({ defaults })}
        error={defaultsOf(draft) === undefined ? words.notJson : faultsAt(error, "/defaults")}
        styles={{ input: { fontFamily: "var(--hestia-mono)", fontSize: 13 } }}
      />
    </Stack>
  );
}
