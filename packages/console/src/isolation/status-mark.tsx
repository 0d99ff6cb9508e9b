// What a check came to, in a word and a colour: never by the colour alone.
import type { IsolationCheckStatus } from "@hestia/core";
import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

const colours: Readonly<Record<IsolationCheckStatus, string>> = {
  running: "blue",
  proven: "teal",
  findings: "red",
  failed: "orange",
  cancelled: "gray",
};

export function StatusMark({ status }: { status: string }): ReactNode {
  const known = status as IsolationCheckStatus;
  return (
    <Badge color={colours[known]} variant="light" tt="none" fw={600} autoContrast>
      {texts.isolation.status[known]}
    </Badge>
  );
}
