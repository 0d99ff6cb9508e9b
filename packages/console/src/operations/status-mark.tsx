// How an operation or one of its steps stands, by a word and a colour: never by the colour alone.
import type { OperationView } from "@hestia/api";
import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import { formatNumber } from "../shared/format.ts";
import { texts } from "../texts/index.ts";

const colours: Readonly<Record<OperationView["status"] | "stuck", string>> = {
  queued: "gray",
  running: "blue",
  succeeded: "teal",
  failed: "red",
  cancelled: "gray",
  stuck: "red",
};

export function StatusMark({
  operation: { status, stuckAt, progress },
}: {
  operation: Pick<OperationView, "status" | "stuckAt" | "progress">;
}): ReactNode {
  const words = texts.operations;
  const shown = stuckAt === undefined ? status : "stuck";
  const percent = shown === "running" ? ` ${formatNumber(Math.floor(progress * 100))} %` : "";
  return (
    <Badge color={colours[shown]} variant="light" tt="none" fw={600} className="numbers">
      {(shown === "stuck" ? words.stuck : words.status[shown]) + percent}
    </Badge>
  );
}

/** What an operation of the kind does, in words; the kind itself where it is not one of Hestia's. */
export const kindText = (kind: string): string => texts.operations.kinds[kind] ?? kind;
