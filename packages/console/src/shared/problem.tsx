// What went wrong, in the server's own words, with the request's id to give to whoever can look it up.
import { isHestiaError } from "@hestia/core";
import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";
import { CopyText } from "./copy-text.tsx";

export function Problem({ error, retry }: { error: unknown; retry?: () => void }): ReactNode {
  const words = texts.app.problem;
  const known = isHestiaError(error) ? error : undefined;
  const requestId = known?.details.requestId;
  return (
    <Alert color="red" title={words.title} role="alert">
      <Stack gap="xs">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        {known?.faults && (
          <List size="sm">
            {known.faults.map(({ pointer, message }) => (
              <List.Item key={pointer + message}>{message}</List.Item>
            ))}
          </List>
        )}
        <Group gap="sm">
          {retry && (
            <Button size="xs" variant="light" color="red" onClick={retry}>
              {words.retry}
            </Button>
          )}
          {typeof requestId === "string" && (
            <Text size="xs" c="dimmed">
              {words.requestId} <CopyText value={requestId} />
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
