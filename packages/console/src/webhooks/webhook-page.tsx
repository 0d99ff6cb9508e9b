// One webhook: what it gets, what can be done with it, and what became of each event.
import { Alert, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { DeliveriesCard } from "./deliveries-card.tsx";
import { DeliveryDrawer } from "./delivery-drawer.tsx";
import { WebhookMark } from "./marks.tsx";
import type { WebhookSearch } from "./search.ts";
import { WebhookActions } from "./webhook-actions.tsx";
import { WebhookCard } from "./webhook-card.tsx";
import { WebhookDialogs } from "./webhook-dialogs.tsx";
import { useWebhook } from "./webhooks.ts";

const route = getRouteApi("/inside/webhooks/$webhookId");
const words = texts.webhooks.one;

export function WebhookPage(): ReactNode {
  const { webhookId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const found = useWebhook(webhookId);
  const webhook = found.data;
  const go = (change: { [Name in keyof WebhookSearch]?: WebhookSearch[Name] | undefined }) =>
    void navigate({
      search: (before) => {
        const merged = Object.entries({ ...before, ...change });
        return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
      },
      resetScroll: false,
    });
  return (
    <Page
      title={webhook?.name ?? texts.webhooks.title}
      lead={
        <ToAnchor to="/webhooks" fz="sm">
          {words.back}
        </ToAnchor>
      }
      actions={
        webhook && (
          <>
            <WebhookMark webhook={webhook} />
            <WebhookActions
              webhook={webhook}
              onOpen={(name) => go({ do: name })}
              onTested={(delivery) => go({ delivery })}
            />
          </>
        )
      }
    >
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {webhook && (
        <Stack gap="lg">
          {webhook.status === "disabled" && (
            <Alert color="yellow" title={words.pausedTitle}>
              <Text size="sm">
                {webhook.statusReason} {words.pausedLead}
              </Text>
            </Alert>
          )}
          {webhook.status === "active" && webhook.failingSince !== undefined && (
            <Alert
              color="red"
              title={
                <>
                  {words.failing} <Ago iso={webhook.failingSince} />
                </>
              }
            >
              <Text size="sm">{words.failingLead}</Text>
            </Alert>
          )}
          <DeliveriesCard webhook={webhook} search={search} onChange={go} />
          <WebhookCard webhook={webhook} />
          <DeliveryDrawer
            webhook={webhook}
            deliveryId={search.delivery}
            onClose={() => go({ delivery: undefined })}
          />
          <WebhookDialogs
            webhook={webhook}
            dialog={search.do}
            onClose={() => go({ do: undefined })}
          />
        </Stack>
      )}
    </Page>
  );
}
