// Two have changed the same plan: what the other one saved, and whose shall stand.
import type { PlanView } from "@hestia/api";
import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { texts } from "../texts/index.ts";
import { changesOf, draftOf, type PlanDraft } from "./draft.ts";

const words = texts.plans.clash;
const names = texts.plans.form;

export function Clash({
  mine,
  base,
  theirs,
  onKeep,
  onTake,
}: {
  mine: PlanDraft;
  base: PlanView;
  theirs: PlanView;
  onKeep: () => void;
  onTake: () => void;
}): ReactNode {
  const other = draftOf(theirs);
  const differing = changesOf(mine, theirs);
  const isKnown = theirs.version !== base.version;
  return (
    <Alert color="yellow" title={words.title} role="alert">
      <Stack gap="xs">
        <Text size="sm">
          {differing.length === 0 ? words.same : fill(words.lead, { version: theirs.version })}
        </Text>
        <List size="sm">
          {differing.map((name) => (
            <List.Item key={name}>
              {names[name]}: {textOf(other[name])}
            </List.Item>
          ))}
        </List>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={onKeep} disabled={!isKnown}>
            {words.keep}
          </Button>
          <Button size="xs" variant="default" onClick={onTake} disabled={!isKnown}>
            {words.take}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

const textOf = (value: PlanDraft[keyof PlanDraft]): string =>
  (Array.isArray(value) ? value.join(", ") : String(value)) || "–";
