// What a tenant has in its data database: tables, migrations, and whether they agree.
import type { TenantDataView } from "@hestia/api";
import { Button, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Card } from "../shared/card.tsx";
import { Empty } from "../shared/empty.tsx";
import { fill } from "../shared/fill.ts";
import { formatBytes, formatNumber, formatTime } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { DriftCard } from "./drift-card.tsx";
import { MigrationsCard } from "./migrations-card.tsx";
import { useTenant, useTenantId } from "./room.ts";
import styles from "./tenant.module.css";

const words = texts.tenant.data;

export function DataTab(): ReactNode {
  const tenantId = useTenantId();
  const tenant = useTenant(tenantId).data;
  // Measuring costs the data database something: it is not repeated with every change of a tenant.
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["tenant-data", tenantId],
    queryFn: ({ signal }) => client.data.get({ tenantId }, { signal }),
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data || !tenant) return <Skeleton h={240} />;
  const isEnded = tenant.status === "archived" || tenant.status === "purged";
  if (isEnded) return <Empty title={words.none} lead={words.noneEnded} />;
  return (
    <Stack gap="md">
      <TablesCard data={data} again={() => void refetch()} isMeasuring={isFetching} />
      <MigrationsCard migrations={data.migrations} />
      <DriftCard tenant={tenant} />
    </Stack>
  );
}

function TablesCard({
  data: { tables, bytesAre, measuredAt },
  again,
  isMeasuring,
}: {
  data: TenantDataView;
  again: () => void;
  isMeasuring: boolean;
}): ReactNode {
  const isEstimated = tables.some(({ rowsAre }) => rowsAre === "estimated");
  return (
    <Card
      title={words.tables}
      actions={
        <Button size="xs" variant="default" onClick={again} loading={isMeasuring}>
          {words.again}
        </Button>
      }
    >
      {tables.length === 0 ? (
        <Empty
          title={words.none}
          lead={words.noneLead}
          command="npx --no hestia migrate up --dir migrations"
        />
      ) : (
        <Tables tables={tables} />
      )}
      <Text size="xs" c="dimmed">
        {words[bytesAre]} {isEstimated && `${words.estimated} `}
        {fill(words.measured, { when: formatTime(measuredAt) })}
      </Text>
    </Card>
  );
}

function Tables({ tables }: { tables: TenantDataView["tables"] }): ReactNode {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = tables.reduce((sum, table) => sum + (table.bytes ?? 0), 0);
  const isEstimated = tables.some(({ rowsAre }) => rowsAre === "estimated");
  const isPartial = tables.some((table) => table.bytes === undefined);
  const number = (value: number, isAbout: boolean) =>
    isAbout ? fill(words.about, { value: formatNumber(value) }) : formatNumber(value);
  return (
    <div className={styles.scroll}>
      <Table className="numbers" aria-label={words.tables}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.table}</Table.Th>
            <Table.Th ta="end">{words.rows}</Table.Th>
            <Table.Th ta="end">{words.bytes}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tables.map((table) => (
            <Table.Tr key={table.name}>
              <Table.Th scope="row" fw={400}>
                <span className="mono">{table.name}</span>
              </Table.Th>
              <Table.Td ta="end">{number(table.rows, table.rowsAre === "estimated")}</Table.Td>
              <Table.Td ta="end">
                {table.bytes === undefined ? words.unknown : formatBytes(table.bytes)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          <Table.Tr>
            <Table.Th scope="row">{words.total}</Table.Th>
            <Table.Th ta="end">{number(rows, isEstimated)}</Table.Th>
            <Table.Th ta="end">{isPartial ? words.unknown : formatBytes(bytes)}</Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      </Table>
    </div>
  );
}
