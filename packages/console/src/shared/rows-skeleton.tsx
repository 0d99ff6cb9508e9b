// The shape of a list that is being read.
import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

export function RowsSkeleton({ rows = 5 }: { rows?: number }): ReactNode {
  return (
    <Stack gap="xs" role="status" aria-label={texts.app.loading}>
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <Skeleton key={row} height={34} />
      ))}
    </Stack>
  );
}
