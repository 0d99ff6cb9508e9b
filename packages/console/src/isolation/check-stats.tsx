// A check in four numbers.
import type { IsolationCheckView } from "@hestia/api";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { formatNumber } from "../shared/format.ts";
import { Stats } from "../shared/stats.tsx";
import { texts } from "../texts/index.ts";

const words = texts.isolation.stats;

export function CheckStats({ check: { counts } }: { check: IsolationCheckView }): ReactNode {
  if (counts === undefined) return null;
  const { probes, failed, mutations, caught, findings } = counts;
  const isNone = (count: number) => (count === 0 ? "good" : "bad");
  return (
    <Stats
      stats={[
        { label: words.probes, value: formatNumber(probes) },
        { label: words.failed, value: formatNumber(failed), tone: isNone(failed) },
        {
          label: words.caught,
          value: fill(words.caughtOf, { caught, mutations }),
          note: mutations === 0 ? words.notPlayed : undefined,
          tone: mutations === 0 ? undefined : isNone(mutations - caught),
        },
        { label: words.findings, value: formatNumber(findings), tone: isNone(findings) },
      ]}
    />
  );
}
