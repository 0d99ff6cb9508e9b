// A secret that was just made: shown this once, and left only by saying that it is kept. Copying it has the focus: the key that
// made it, held a moment too long, must not close it.
import { Alert, Button, Group, Paper, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyText } from "./copy-text.tsx";

export function SecretOnce({
  secret,
  lead,
  done,
  onDone,
}: {
  secret: string;
  lead: string;
  done: string;
  onDone: () => void;
}): ReactNode {
  return (
    <Stack>
      <Alert color="yellow" role="status">
        <Text size="sm">{lead}</Text>
      </Alert>
      <Paper withBorder p="md" data-testid="secret">
        <CopyText value={secret} />
      </Paper>
      <Group justify="flex-end">
        <Button onClick={onDone}>{done}</Button>
      </Group>
    </Stack>
  );
}
