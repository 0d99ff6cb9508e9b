// All webhooks.
import { type WebhookStatus, webhookStatuses } from "@hestia/core";
import { Button, SegmentedControl, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Empty } from "../shared/empty.tsx";
import { counted } from "../shared/fill.ts";
import { More } from "../shared/more.tsx";
import { Page } from "../shared/page.tsx";
import { Panel } from "../shared/panel.tsx";
import { Problem } from "../shared/problem.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { WebhookMark } from "./marks.tsx";
import { NewWebhookDialog } from "./new-dialog.tsx";
import type { WebhooksSearch } from "./search.ts";
import { useWebhooks } from "./webhooks.ts";

const route = getRouteApi("/inside/webhooks");
const words = texts.webhooks;

export function WebhookListPage(): ReactNode {
  const { do: dialog, status } = route.useSearch();
  const navigate = route.useNavigate();
  const found = useWebhooks(status);
  const webhooks = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const isNone = found.data !== undefined && webhooks.length === 0;
  const go = (search: WebhooksSearch) => void navigate({ search });
  const kept: WebhooksSearch = status === undefined ? {} : { status };
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => go({ ...kept, do: "new" })}>
      {words.create}
    </Button>
  );
  const isEmpty = isNone && status === undefined;
  return (
    <Page
      title={words.title}
      lead={<Text c="dimmed">{words.lead}</Text>}
      actions={!isEmpty && create}
    >
      {!isEmpty && (
        <SegmentedControl
          aria-label={words.filter.label}
          value={status ?? "all"}
          onChange={(value) => go(value === "all" ? {} : { status: value as WebhookStatus })}
          data={["all" as const, ...webhookStatuses].map((value) => ({
            value,
            label: words.filter[value],
          }))}
          style={{ alignSelf: "flex-start" }}
          transitionDuration={0}
        />
      )}
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {isEmpty && (
        <Empty
          title={words.none}
          lead={words.noneLead}
          command="npx --no hestia webhooks create crm https://crm.example.com/hooks"
        >
          {create}
        </Empty>
      )}
      {isNone && status !== undefined && (
        <Empty title={words.noneSo} lead={words.noneSoLead}>
          <Button variant="light" onClick={() => go({})}>
            {words.showAll}
          </Button>
        </Empty>
      )}
      {webhooks.length > 0 && <List webhooks={webhooks} more={<More found={found} />} />}
      <NewWebhookDialog isOpen={dialog === "new"} onClose={() => go(kept)} />
    </Page>
  );
}

type Webhooks = NonNullable<ReturnType<typeof useWebhooks>["data"]>["pages"][number]["items"];

function List({ webhooks, more }: { webhooks: Webhooks; more: ReactNode }): ReactNode {
  const { columns } = words;
  const labels = [
    columns.name,
    columns.status,
    columns.url,
    columns.events,
    columns.tenants,
    columns.created,
  ];
  return (
    <Panel>
      <Rows caption={words.title} columns={labels}>
        {webhooks.map((webhook) => {
          const { id, name, url, eventTypes, tenantIds, createdAt } = webhook;
          return (
            <Row key={id} labels={labels}>
              <ToAnchor to="/webhooks/$webhookId" params={{ webhookId: id }} fz="sm" fw={600}>
                {name}
              </ToAnchor>
              <span>
                <WebhookMark webhook={webhook} />
              </span>
              <Text size="sm" className="mono">
                {url}
              </Text>
              <Text size="sm">
                {eventTypes === undefined ? words.all : counted(words.count, eventTypes.length)}
              </Text>
              <Text size="sm">
                {tenantIds === undefined ? words.all : counted(words.tenantCount, tenantIds.length)}
              </Text>
              <Text size="sm">
                <Ago iso={createdAt} />
              </Text>
            </Row>
          );
        })}
      </Rows>
      {more}
    </Panel>
  );
}
