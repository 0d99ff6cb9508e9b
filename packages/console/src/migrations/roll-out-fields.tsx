// The options of a roll-out, each with what it is unless one says otherwise. They stand in the address.
import { NumberInput, SimpleGrid, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";
import { parseWaves } from "./roll-out-body.ts";
import type { RollOutOptions } from "./search.ts";

const route = getRouteApi("/inside/migrations");

/** What explains a field stands below it, so that fields beside each other stand in line. */
const order: ("label" | "input" | "description" | "error")[] = [
  "label",
  "input",
  "description",
  "error",
];

export function RollOutFields(): ReactNode {
  const words = texts.migrations.rollOut;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  // Another option makes another roll-out: the dry run told of the one before.
  const set = (change: { [Name in keyof RollOutOptions]: RollOutOptions[Name] | undefined }) =>
    void navigate({
      search: ({ trial: _old, ...before }) => ({ ...before, ...change }),
      replace: true,
    });
  const number = (given: string | number) => (given === "" ? undefined : Number(given));
  return (
    <Stack gap="lg">
      <TagsInput
        label={words.canary}
        description={words.canaryLead}
        value={[...(search.canary ?? [])]}
        onChange={(given) => set({ canary: given.length > 0 ? given : undefined })}
        splitChars={[",", " "]}
        maxTags={200}
      />
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
        <TextInput
          label={words.waves}
          inputWrapperOrder={order}
          description={words.wavesLead}
          value={search.waves ?? "1, 10"}
          onChange={(event) => set({ waves: event.currentTarget.value })}
          error={parseWaves(search.waves) === undefined ? words.wavesWrong : undefined}
        />
        <NumberInput
          label={words.pause}
          inputWrapperOrder={order}
          description={words.pauseLead}
          value={search.pause ?? 0}
          onChange={(given) => set({ pause: number(given) || undefined })}
          min={0}
          max={86_400}
          allowDecimal={false}
          clampBehavior="strict"
        />
        <NumberInput
          label={words.errorRate}
          inputWrapperOrder={order}
          description={words.errorRateLead}
          value={search.errorRate ?? 10}
          onChange={(given) => set({ errorRate: number(given) })}
          disabled={search.stopOnError === true}
          min={0}
          max={100}
          clampBehavior="strict"
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <Switch
          label={words.hold}
          description={words.holdLead}
          checked={search.hold === true}
          onChange={(event) => set({ hold: event.currentTarget.checked ? true : undefined })}
        />
        <Switch
          label={words.stopOnError}
          description={words.stopOnErrorLead}
          checked={search.stopOnError === true}
          onChange={(event) => set({ stopOnError: event.currentTarget.checked ? true : undefined })}
        />
      </SimpleGrid>
    </Stack>
  );
}
