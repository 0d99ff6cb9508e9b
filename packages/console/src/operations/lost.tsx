// Says that changes are not heard of at present. The place is always there, so that a screen reader hears it filled.
import { Alert } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Liveness } from "../app/live.tsx";
import { texts } from "../texts/index.ts";

export function Lost({ liveness }: { liveness: Liveness }): ReactNode {
  return (
    <div role="status" style={{ display: liveness === "lost" ? undefined : "contents" }}>
      {liveness === "lost" && (
        <Alert color="yellow" icon={<IconPlugConnectedX size={18} />} role="presentation">
          {texts.operations.one.lost}
        </Alert>
      )}
    </div>
  );
}
