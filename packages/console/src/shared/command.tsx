// The command that does the same.
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";
import { CopyText } from "./copy-text.tsx";

export function Command({
  value,
  label = texts.app.command,
}: {
  value: string;
  label?: string;
}): ReactNode {
  return (
    <Stack gap={2}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <CopyText value={value} />
    </Stack>
  );
}
