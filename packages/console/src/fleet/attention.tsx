// What somebody has to see to, the most pressing first, each leading to where it is done.
import type { FleetView } from "@hestia/api";
import { Group, List, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useHeldRun, useMigrationState } from "../migrations/queries.ts";
import { Card } from "../shared/card.tsx";
import { counted } from "../shared/fill.ts";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { useLatestCheck } from "./queries.ts";
import { sumBy } from "./totals.ts";

export function Attention({ fleet }: { fleet: FleetView }): ReactNode {
  const words = texts.fleet.attention;
  const failedTargets = useMigrationState().data?.targets.failed ?? 0;
  const held = useHeldRun();
  const checked = useLatestCheck().data?.items[0];
  const byStatus = sumBy(fleet.tenants, "status");
  const { stuck } = fleet.operations;
  const { reviewsDue } = fleet;
  const failed = byStatus.get("failed") ?? 0;
  const pending = byStatus.get("pending") ?? 0;
  const things = [
    checked?.status === "findings" && (
      <ToAnchor key="findings" to="/isolation/$checkId" params={{ checkId: checked.id }}>
        {counted(words.findings, checked.counts?.findings ?? 1)}
      </ToAnchor>
    ),
    stuck > 0 && (
      <ToAnchor key="stuck" to="/operations" search={{ stuck: true }}>
        {counted(words.stuck, stuck)}
      </ToAnchor>
    ),
    failed > 0 && (
      <ToAnchor key="failed" to="/tenants" search={{ status: ["failed"] }}>
        {counted(words.failedTenants, failed)}
      </ToAnchor>
    ),
    failedTargets > 0 && (
      <ToAnchor key="targets" to="/migrations">
        {counted(words.failedTargets, failedTargets)}
      </ToAnchor>
    ),
    held !== undefined && (
      <ToAnchor key="held" to="/migrations" search={{ run: held.id }}>
        {words.held}
      </ToAnchor>
    ),
    reviewsDue > 0 && (
      <ToAnchor key="reviews" to="/tenants" search={{ reviewDue: true }}>
        {counted(words.reviews, reviewsDue)}
      </ToAnchor>
    ),
    pending > 0 && (
      <ToAnchor key="pending" to="/tenants" search={{ status: ["pending"] }}>
        {counted(words.pending, pending)}
      </ToAnchor>
    ),
  ].filter((each) => each !== false);
  if (things.length === 0)
    return (
      <Group gap="xs" c="dimmed">
        <ThemeIcon variant="transparent" color="teal" size="sm" aria-hidden>
          <IconCircleCheck size={18} />
        </ThemeIcon>
        <Text size="sm">{words.none}</Text>
      </Group>
    );
  return (
    <Card title={words.title}>
      <List
        spacing={6}
        size="sm"
        icon={
          <ThemeIcon variant="light" color="orange" size={22} radius="xl" aria-hidden>
            <IconAlertTriangle size={13} />
          </ThemeIcon>
        }
      >
        {things.map((thing) => (
          <List.Item key={thing.key}>{thing}</List.Item>
        ))}
      </List>
    </Card>
  );
}
