// One audit event: what was done, by whom, why, and what it changed.
import type { AuditEventView } from "@hestia/api";
import { Box, Group, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { texts } from "../texts/index.ts";
import styles from "./tenant.module.css";
import { When } from "./when.tsx";

export function EventEntry({ event }: { event: AuditEventView }): ReactNode {
  const words = texts.tenant.timeline;
  const { type, at, actor, reason, data } = event;
  const changes = changesOf(data);
  return (
    <Box component="li" px="md" py={4}>
      <Group justify="space-between" gap={4}>
        <Text size="sm">
          <b>{words.events[type] ?? type}</b> {fill(words.by, { who: actor.name })}
        </Text>
        <Text size="xs">
          <When iso={at} />
        </Text>
      </Group>
      {reason !== undefined && (
        <Text size="sm" c="dimmed">
          “{reason}”
        </Text>
      )}
      {changes.length > 0 && (
        <details>
          <summary>
            <Text span size="xs">
              {words.changed}: {changes.map(({ name }) => name).join(", ")}
            </Text>
          </summary>
          <div className={styles.scroll}>
            <Table fz="xs" aria-label={words.changed}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{texts.tenant.edit.field}</Table.Th>
                  <Table.Th>{texts.tenant.edit.before}</Table.Th>
                  <Table.Th>{texts.tenant.edit.after}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {changes.map(({ name, before, after }) => (
                  <Table.Tr key={name}>
                    <Table.Th scope="row">{name}</Table.Th>
                    <Table.Td>{before}</Table.Td>
                    <Table.Td>{after}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </details>
      )}
    </Box>
  );
}

type Change = { readonly name: string; readonly before: string; readonly after: string };

/** What `before` and `after` say, as text. */
function changesOf({ before, after }: Record<string, unknown>): readonly Change[] {
  const [was, is] = [membersOf(before), membersOf(after)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.map((name) => ({ name, before: shown(was[name]), after: shown(is[name]) }));
}

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
