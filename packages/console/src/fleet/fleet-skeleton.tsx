// The place of what is coming, in its shape.
import { SimpleGrid, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";

export function FleetSkeleton({ label }: { label: string }): ReactNode {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" aria-busy aria-label={label} role="status">
      {[220, 180, 160, 200].map((height) => (
        <Skeleton key={height} height={height} radius="md" />
      ))}
    </SimpleGrid>
  );
}
