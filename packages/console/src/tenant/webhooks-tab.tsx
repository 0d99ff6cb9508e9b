// What was sent to other systems about a tenant, webhook by webhook, and sending it again.
import type { WebhookView } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Empty } from "../shared/empty.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { Deliveries } from "./deliveries.tsx";
import { useTenantId } from "./room.ts";

const words = texts.tenant.webhooks;

export function WebhooksTab(): ReactNode {
  const tenantId = useTenantId();
  const { data, error, refetch } = useQuery({
    queryKey: ["webhooks", "all"],
    queryFn: ({ signal }) => allWebhooks(signal),
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton h={200} />;
  const mine = data.filter((webhook) => getsEventsOf(webhook, tenantId));
  if (mine.length === 0)
    return (
      <Empty
        title={words.none}
        lead={words.noneLead}
        command={`npx --no hestia webhooks create crm https://crm.example.com/hooks --tenants ${tenantId}`}
      >
        <Link to="/webhooks">{words.toWebhooks}</Link>
      </Empty>
    );
  return (
    <Stack gap="md">
      {mine.map((webhook) => (
        <Deliveries key={webhook.id} webhook={webhook} tenantId={tenantId} />
      ))}
    </Stack>
  );
}

/** Their number is bounded by the server, so all pages of them are a few. */
async function allWebhooks(signal: AbortSignal): Promise<readonly WebhookView[]> {
  const all: WebhookView[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.webhooks.list(
      { limit: 100, ...(cursor === undefined ? {} : { cursor }) },
      { signal },
    );
    all.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return all;
  }
}

const getsEventsOf = ({ tenantIds }: WebhookView, tenantId: TenantId): boolean =>
  tenantIds === undefined || tenantIds.includes(tenantId);
