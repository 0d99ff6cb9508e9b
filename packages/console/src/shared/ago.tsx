// How long ago, with the exact time at hand and for programs; it grows older by itself.
import type { ReactNode } from "react";
import { formatAgo, formatTime } from "./format.ts";
import { useNow } from "./use-now.ts";

export function Ago({ iso }: { iso: string }): ReactNode {
  // Of what is new, each second tells.
  const isNew = Math.abs(Date.now() - new Date(iso).getTime()) < 60_000;
  const now = useNow(isNew ? 1_000 : 20_000);
  return (
    <time dateTime={iso} title={formatTime(iso)}>
      {formatAgo(iso, now)}
    </time>
  );
}
