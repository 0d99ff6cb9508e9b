// How long ago, with the exact time at hand and for programs; it grows older by itself.
import type { ReactNode } from "react";
import { formatAgo, formatTime } from "./format.ts";
import { useNow } from "./use-now.ts";

export function Ago({ iso }: { iso: string }): ReactNode {
  const now = useNow(20_000);
  return (
    <time dateTime={iso} title={formatTime(iso)}>
      {formatAgo(iso, Math.max(now, Math.min(Date.now(), new Date(iso).getTime())))}
    </time>
  );
}
