// Which of the application's migrations the tenant has, and what keeps it from the others.
import type { TenantDataView } from "@hestia/api";
import { Badge, Stack, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { fill } from "../shared/fill.ts";
import { formatDuration, formatTime } from "../shared/format.ts";
import { texts } from "../texts/index.ts";
import styles from "./tenant.module.css";

type Migration = TenantDataView["migrations"][number];

const words = texts.tenant.data;
const colours = { applied: "teal", changed: "orange", pending: "blue", failed: "red" } as const;

export function MigrationsCard({ migrations }: { migrations: readonly Migration[] }): ReactNode {
  return (
    <Card
      title={words.migrations}
      actions={
        <Text size="sm">
          <Link to="/migrations">{words.toMigrations}</Link>
        </Text>
      }
    >
      {migrations.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words.migrationsNone}. {words.migrationsNoneLead}
        </Text>
      ) : (
        <div className={styles.scroll}>
          <Table aria-label={words.migrations}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words.file}</Table.Th>
                <Table.Th>{words.state}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {migrations.map((each) => (
                <Line key={`${each.set}/${each.name}`} migration={each} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Card>
  );
}

function Line({ migration }: { migration: Migration }): ReactNode {
  const { set, name, state, appliedAt, durationMs, failure } = migration;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <span className="mono">{name}</span>
        <Text size="xs" c="dimmed">
          {words.sets[set]}
        </Text>
      </Table.Th>
      <Table.Td>
        <Stack gap={2} align="flex-start">
          <Badge color={colours[state]} variant="light" tt="none">
            {words.states[state]}
          </Badge>
          {appliedAt !== undefined && (
            <Text size="xs" c="dimmed">
              {formatTime(appliedAt)}
              {durationMs !== undefined && ` · ${formatDuration(durationMs)}`}
            </Text>
          )}
          {failure && (
            <Text size="xs">
              {failure.message}
              {failure.line !== undefined && ` (${fill(words.line, { line: failure.line })})`}
              {failure.blocked && ` ${words.blocked}`}
            </Text>
          )}
        </Stack>
      </Table.Td>
    </Table.Tr>
  );
}
