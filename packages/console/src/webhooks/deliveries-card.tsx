// What became of each event that was for a webhook, narrowed as the address says.
import type { DeliveryView, WebhookView } from "@hestia/api";
import { type DeliveryStatus, deliveryStatuses, type EventType, eventTypes } from "@hestia/core";
import { Anchor, Chip, Group, Select, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { More } from "../shared/more.tsx";
import { Problem } from "../shared/problem.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { DeliveryMark } from "./marks.tsx";
import type { WebhookSearch } from "./search.ts";
import { TenantPicker } from "./tenant-picker.tsx";
import { useDeliveries, useTenantNames } from "./webhooks.ts";

const words = texts.webhooks.deliveries;

type Change = { [Name in keyof WebhookSearch]?: WebhookSearch[Name] | undefined };

export function DeliveriesCard({
  webhook,
  search,
  onChange,
}: {
  webhook: WebhookView;
  search: WebhookSearch;
  onChange: (change: Change) => void;
}): ReactNode {
  const found = useDeliveries(webhook.id, search);
  const deliveries = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const isNarrowed = search.status ?? search.type ?? search.tenant;
  return (
    <Card title={words.title} lead={words.lead}>
      <Filters webhook={webhook} search={search} onChange={onChange} />
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {found.data && deliveries.length === 0 && (
        <Text size="sm">{isNarrowed === undefined ? words.none : words.noneSo}</Text>
      )}
      {deliveries.length > 0 && (
        <List deliveries={deliveries} onOpen={(delivery) => onChange({ delivery })} />
      )}
      <More found={found} />
    </Card>
  );
}

function Filters({
  webhook,
  search: { status = [], type, tenant },
  onChange,
}: {
  webhook: WebhookView;
  search: WebhookSearch;
  onChange: (change: Change) => void;
}): ReactNode {
  const types = webhook.eventTypes ?? eventTypes;
  return (
    <Stack gap="sm">
      <Chip.Group
        multiple
        value={[...status]}
        onChange={(value) =>
          onChange({ status: value.length === 0 ? undefined : (value as DeliveryStatus[]) })
        }
      >
        <Group gap="xs" role="group" aria-label={words.status}>
          {deliveryStatuses.map((each) => (
            <Chip key={each} value={each} size="xs" variant="outline">
              {words.statuses[each]}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Group gap="sm" align="flex-end">
        <Select
          label={words.type}
          placeholder={words.anyType}
          data={[...new Set([...types, "webhook.test"])]}
          value={type ?? null}
          onChange={(value) => onChange({ type: (value as EventType | null) ?? undefined })}
          clearable
          searchable
          flex={1}
          miw={200}
          maw={320}
        />
        <TenantPicker
          label={words.tenant}
          placeholder={tenant === undefined ? words.anyTenant : undefined}
          flex={1}
          miw={200}
          maw={320}
          value={tenant === undefined ? [] : [tenant]}
          onChange={(ids) => onChange({ tenant: ids.at(-1) })}
        />
      </Group>
    </Stack>
  );
}

function List({
  deliveries,
  onOpen,
}: {
  deliveries: readonly DeliveryView[];
  onOpen: (id: string) => void;
}): ReactNode {
  const { columns } = words;
  const labels = [
    columns.event,
    columns.status,
    columns.tenant,
    columns.tries,
    columns.at,
    columns.error,
  ];
  const names = useTenantNames(deliveries.flatMap(({ tenantId }) => tenantId ?? []));
  return (
    <Rows caption={words.title} columns={labels}>
      {deliveries.map(({ id, type, status, tenantId, tries, createdAt, lastError }) => (
        <Row key={id} labels={labels}>
          <Anchor component="button" type="button" fz="sm" ta="start" onClick={() => onOpen(id)}>
            {type}
          </Anchor>
          <span>
            <DeliveryMark status={status as DeliveryStatus} />
          </span>
          {tenantId === undefined ? (
            <Text size="sm" c="dimmed">
              {words.platform}
            </Text>
          ) : (
            <ToAnchor to="/tenants/$tenantId" params={{ tenantId }} fz="sm">
              {names[tenantId] ?? tenantId}
            </ToAnchor>
          )}
          <Text size="sm" className="numbers">
            {tries}
          </Text>
          <Text size="sm">
            <Ago iso={createdAt} />
          </Text>
          <Text size="sm">{lastError}</Text>
        </Row>
      ))}
    </Rows>
  );
}
