// What is worked on, and what went wrong lately.
import type { FleetView } from "@hestia/api";
import { Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { kindText, StatusMark } from "../operations/status-mark.tsx";
import { Card } from "../shared/card.tsx";
import { formatNumber } from "../shared/format.ts";
import { ToAnchor } from "../shared/to.tsx";
import { useTenants } from "../tenants/tenant-names.ts";
import { texts } from "../texts/index.ts";
import classes from "./fleet.module.css";

export function OperationsCard({ counts }: { counts: FleetView["operations"] }): ReactNode {
  const words = texts.fleet.operations;
  const numbers = [
    { label: words.running, value: counts.running, search: { status: ["running"] as const } },
    { label: words.queued, value: counts.queued, search: { status: ["queued"] as const } },
    { label: words.failed, value: counts.failed, search: { status: ["failed"] as const } },
    { label: words.stuck, value: counts.stuck, search: { stuck: true as const } },
  ];
  return (
    <Card
      title={words.title}
      actions={
        <ToAnchor to="/operations" size="sm">
          {words.all}
        </ToAnchor>
      }
    >
      <SimpleGrid cols={{ base: 2, xs: 4 }} spacing="sm">
        {numbers.map(({ label, value, search }) => (
          <div key={label} className={classes.number}>
            <Text className="numbers" size="xl" fw={650} lh={1.2}>
              {formatNumber(value)}
            </Text>
            <ToAnchor to="/operations" search={search} size="sm">
              {label}
            </ToAnchor>
          </div>
        ))}
      </SimpleGrid>
      {counts.running + counts.queued > 0 ? (
        <UnderWay />
      ) : (
        <Text size="sm" c="dimmed">
          {words.idle}
        </Text>
      )}
    </Card>
  );
}

function UnderWay(): ReactNode {
  const words = texts.fleet.operations;
  const { data } = useQuery({
    queryKey: ["operations", "under-way"],
    queryFn: ({ signal }) =>
      client.operations.list({ status: ["running", "queued"], limit: 5 }, { signal }),
  });
  const items = data?.items ?? [];
  const tenants = useTenants(items.map(({ tenantId }) => tenantId));
  return (
    <Stack component="ul" gap="sm" className={classes.list} aria-label={words.under}>
      {items.map((operation) => (
        <li key={operation.id} className={classes.item}>
          <div>
            <ToAnchor
              to="/operations/$operationId"
              params={{ operationId: operation.id }}
              size="sm"
            >
              {kindText(operation.kind)}
            </ToAnchor>
            {operation.tenantId !== undefined && (
              <Text size="xs" c="dimmed">
                {tenants.get(operation.tenantId)?.name}
              </Text>
            )}
          </div>
          <StatusMark operation={operation} />
          <Progress
            value={operation.progress * 100}
            size="xs"
            className={classes.progress}
            aria-label={kindText(operation.kind)}
          />
        </li>
      ))}
    </Stack>
  );
}
