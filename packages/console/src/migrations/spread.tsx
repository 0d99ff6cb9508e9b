// How far the partitions are, version by version; the newest are told apart, and long tails are cut.
import type { MigrationStateView } from "@hestia/api";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Bars } from "../shared/bars.tsx";
import { texts } from "../texts/index.ts";

const shownMax = 8;

export function Spread({ state }: { state: MigrationStateView }): ReactNode {
  const words = texts.migrations.spread;
  const newest = state.files.findLast(({ set }) => set === "tenant")?.name;
  const versions = state.versions.toReversed().slice(0, shownMax);
  return (
    <Bars
      caption={words.title}
      columns={[words.version, words.targets]}
      bars={versions.map(({ version, targets }) => ({
        key: version ?? "",
        label: (
          <>
            <span className="mono">{version ?? words.none}</span>{" "}
            {version === newest && version !== undefined && (
              <Text span size="xs" c="dimmed">
                {words.newest}
              </Text>
            )}
          </>
        ),
        value: targets,
        colour: version === newest ? "teal" : "yellow",
      }))}
    />
  );
}
