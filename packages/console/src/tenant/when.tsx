// A time, as people say it, with the exact one at hand and for programs.
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { formatAgo, formatTime } from "../shared/format.ts";

export function When({ iso }: { iso: string }): ReactNode {
  return (
    <time dateTime={iso} title={formatTime(iso)}>
      {formatTime(iso)}{" "}
      <Text span c="dimmed" inherit>
        ({formatAgo(iso)})
      </Text>
    </time>
  );
}
