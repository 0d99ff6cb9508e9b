// A screen that could not be shown.
import { Container } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Problem } from "../shared/problem.tsx";

export function RouteProblem({ error }: { error: unknown }): ReactNode {
  const router = useRouter();
  return (
    <Container py="xl">
      <Problem error={error} retry={() => void router.invalidate()} />
    </Container>
  );
}
