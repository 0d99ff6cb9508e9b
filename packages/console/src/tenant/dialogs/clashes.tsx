// What somebody else changed while this edit was open, beside what is typed here.
import { Alert, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../../texts/index.ts";
import type { Clash } from "./edit-draft.ts";

export function Clashes({ found }: { found: readonly Clash[] }): ReactNode {
  const words = texts.tenant.edit;
  const labels: Readonly<Record<Clash["field"], string>> = {
    name: words.name,
    plan: words.plan,
    domain: words.domain,
    trialEndsAt: words.trial,
    retainUntil: words.retain,
    reviewAt: words.review,
    settings: words.settings,
  };
  const shown = (text: string) => (text === "" ? texts.tenant.facts.none : text);
  return (
    <Alert color="yellow" title={words.conflict} role="alert">
      <Stack gap="xs">
        <Text size="sm">{words.conflictLead}</Text>
        <Table fz="sm" layout="fixed" style={{ verticalAlign: "top" }} aria-label={words.conflict}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.field}</Table.Th>
              <Table.Th>{words.before}</Table.Th>
              <Table.Th>{words.theirs}</Table.Th>
              <Table.Th>{words.yours}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.map(({ field, before, theirs, yours }) => (
              <Table.Tr key={field}>
                <Table.Th scope="row">{labels[field]}</Table.Th>
                <Table.Td>{shown(before)}</Table.Td>
                <Table.Td>{shown(theirs)}</Table.Td>
                <Table.Td>{yours === undefined ? words.untouched : shown(yours)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Alert>
  );
}
