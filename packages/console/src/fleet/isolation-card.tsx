// The latest isolation check. There is none to be read yet: the place says what it is, and the command that makes one.
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";

/** The command that checks isolation. */
export const isolationCommand = "hestia isolation check";

export function IsolationCard(): ReactNode {
  const words = texts.fleet.isolation;
  return (
    <Card
      title={words.title}
      actions={
        <ToAnchor to="/isolation" size="sm">
          {words.all}
        </ToAnchor>
      }
    >
      <Stack gap="xs">
        <Text fw={600} size="sm">
          {words.none}
        </Text>
        <Text size="sm" c="dimmed">
          {words.lead}
        </Text>
        <Command value={isolationCommand} label={texts.app.commandAlone} />
      </Stack>
    </Card>
  );
}
