// A part of a screen whose title says already what it is.
import { Paper, Stack } from "@mantine/core";
import type { ReactNode } from "react";

export function Panel({ children }: { children: ReactNode }): ReactNode {
  return (
    <Paper withBorder radius="md" p={{ base: "md", sm: "lg" }}>
      <Stack gap="md">{children}</Stack>
    </Paper>
  );
}
