// Where a webhook leads and what it gets.
import type { WebhookView } from "@hestia/api";
import { List } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Facts } from "../shared/facts.tsx";
import { fill } from "../shared/fill.ts";
import { formatTime } from "../shared/format.ts";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { useTenantNames } from "./webhooks.ts";

const words = texts.webhooks.one;

export function WebhookCard({ webhook }: { webhook: WebhookView }): ReactNode {
  const { url, eventTypes, tenantIds, previousSecretUntil: until } = webhook;
  const names = useTenantNames(tenantIds ?? []);
  const isOver = until === undefined || Date.parse(until) <= Date.now();
  const types = eventTypes?.map((type) => <List.Item key={type}>{type}</List.Item>);
  const tenants = tenantIds?.map((tenantId) => (
    <List.Item key={tenantId}>
      <ToAnchor to="/tenants/$tenantId" params={{ tenantId }}>
        {names[tenantId] ?? tenantId}
      </ToAnchor>
    </List.Item>
  ));
  return (
    <Card title={words.details}>
      <Facts
        facts={[
          [texts.webhooks.form.url, <CopyText key="url" value={url} />],
          [
            words.events,
            types ? (
              <List key="types" size="sm">
                {types}
              </List>
            ) : (
              texts.webhooks.all
            ),
          ],
          [
            words.tenants,
            tenants ? (
              <List key="tenants" size="sm">
                {tenants}
              </List>
            ) : (
              texts.webhooks.all
            ),
          ],
          [
            words.secrets,
            isOver ? words.oneSecret : fill(words.twoSecrets, { until: formatTime(until) }),
          ],
          [words.created, <Ago key="created" iso={webhook.createdAt} />],
          [words.changed, <Ago key="changed" iso={webhook.updatedAt} />],
          [words.id, <CopyText key="id" value={webhook.id} />],
        ]}
      />
    </Card>
  );
}
