// Nothing to show yet: why, what to do, and the command that does the same.
import { Center, Code, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";
import { CopyText } from "./copy-text.tsx";

export function Empty({
  title,
  lead,
  command,
  children,
}: {
  title: string;
  lead: string;
  command?: string;
  children?: ReactNode;
}): ReactNode {
  return (
    <Center py={64}>
      <Stack align="center" gap="sm" maw={520} ta="center">
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text c="dimmed">{lead}</Text>
        {children}
        {command && (
          <Stack gap={4} align="center">
            <Text size="xs" c="dimmed">
              {texts.app.command}
            </Text>
            <Code>
              <CopyText value={command} />
            </Code>
          </Stack>
        )}
      </Stack>
    </Center>
  );
}
