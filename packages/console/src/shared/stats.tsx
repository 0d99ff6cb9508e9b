// A few numbers that matter, large.
import { Paper, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** One number with its name; `tone` where it is good or bad. */
export type Stat = {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
  readonly tone?: "good" | "bad" | undefined;
};

const colours = { good: "teal", bad: "red" } as const;

export function Stats({ stats }: { stats: readonly Stat[] }): ReactNode {
  return (
    <SimpleGrid cols={{ base: 2, sm: stats.length }} spacing="sm">
      {stats.map(({ label, value, note, tone }) => (
        <Paper
          key={label}
          withBorder
          p="sm"
          style={tone && { borderInlineStart: `3px solid var(--mantine-color-${colours[tone]}-6)` }}
        >
          <Text size="xs" c="dimmed">
            {label}
          </Text>
          <Text size="xl" fw={650} className="numbers">
            {value}
          </Text>
          {note !== undefined && (
            <Text size="xs" c="dimmed">
              {note}
            </Text>
          )}
        </Paper>
      ))}
    </SimpleGrid>
  );
}
