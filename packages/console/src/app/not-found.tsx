// An address that leads to nothing.
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Empty } from "../shared/empty.tsx";
import { texts } from "../texts/index.ts";

export function NotFound(): ReactNode {
  const words = texts.app.problem;
  return (
    <Empty title={words.notFound} lead={words.notFoundLead}>
      <Button component={Link} to="/" variant="light">
        {words.home}
      </Button>
    </Empty>
  );
}
