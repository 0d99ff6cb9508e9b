// What can be done to the tenants that are selected. It stays in sight while one scrolls.
import { Button, CloseButton, Group, Paper, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { formatNumber } from "../shared/format.ts";
import { texts } from "../texts/index.ts";
import type { BulkAction } from "./list-search.ts";
import { select, useSelection } from "./selection.ts";

export function SelectionBar({ onBulk }: { onBulk: (action: BulkAction) => void }): ReactNode {
  const words = texts.tenants.bulk;
  const { size } = useSelection();
  if (size === 0) return null;
  return (
    <Paper withBorder shadow="md" p="xs" pos="sticky" bottom={16} style={{ zIndex: 3 }}>
      <Group justify="space-between" gap="xs">
        <Group gap={4} wrap="nowrap">
          <CloseButton size="sm" aria-label={words.clear} onClick={() => select([])} />
          <Text size="sm" fw={600} role="status" className="numbers">
            {words.selected(formatNumber(size))}
          </Text>
        </Group>
        <Group gap="xs">
          <Button
            size="xs"
            variant="light"
            leftSection={<IconPlayerPause size={14} />}
            onClick={() => onBulk("suspend")}
          >
            {words.suspend}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerPlay size={14} />}
            onClick={() => onBulk("resume")}
          >
            {words.resume}
          </Button>
        </Group>
      </Group>
    </Paper>
  );
}
