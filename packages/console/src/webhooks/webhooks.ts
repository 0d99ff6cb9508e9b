// What this room reads of the server.
import type { DeliveryDetailView, WebhookView } from "@hestia/api";
import type { DeliveryId, TenantId, WebhookId, WebhookStatus } from "@hestia/core";
import { type UseQueryResult, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";
import type { WebhookSearch } from "./search.ts";

/** Webhooks, the newest first. */
export const useWebhooks = (status: WebhookStatus | undefined) =>
  useInfiniteQuery({
    queryKey: ["webhooks", "list", status ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      client.webhooks.list(
        { limit: 50, cursor: pageParam, status: status && [status] },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
  });

/** One webhook. */
export const useWebhook = (webhookId: string): UseQueryResult<WebhookView> =>
  useQuery({
    queryKey: ["webhooks", "one", webhookId],
    queryFn: ({ signal }) => client.webhooks.get({ webhookId: webhookId as WebhookId }, { signal }),
  });

const refreshMs = 4_000;

/** Its deliveries. No event tells how one goes on, so those that wait are asked for again. */
export const useDeliveries = (
  webhookId: string,
  { status, type, tenant }: Pick<WebhookSearch, "status" | "type" | "tenant">,
) =>
  useInfiniteQuery({
    queryKey: ["webhooks", "deliveries", webhookId, { status, type, tenant }],
    queryFn: ({ pageParam, signal }) =>
      client.webhooks.deliveries(
        {
          webhookId: webhookId as WebhookId,
          limit: 25,
          cursor: pageParam,
          status: status && [...status],
          type: type && [type],
          tenantId: tenant as TenantId | undefined,
        },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(isOpen)) ? refreshMs : false,
  });

/** One delivery with its attempts and its body. */
export const useDelivery = (
  webhookId: string,
  deliveryId: string,
): UseQueryResult<DeliveryDetailView> =>
  useQuery({
    queryKey: ["webhooks", "delivery", webhookId, deliveryId],
    queryFn: ({ signal }) =>
      client.webhooks.getDelivery(
        { webhookId: webhookId as WebhookId, deliveryId: deliveryId as DeliveryId },
        { signal },
      ),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? refreshMs : false),
  });

const isOpen = ({ status }: { readonly status: string }) =>
  status === "pending" || status === "failed";

/** Names of tenants, by their ids. */
export const useTenantNames = (ids: readonly string[]): Readonly<Record<string, string>> => {
  const asked = [...new Set(ids)].sort();
  const found = useQuery({
    queryKey: ["tenants", "names", asked],
    queryFn: async ({ signal }) => {
      // One that cannot be read is shown by its id.
      const tenants = await Promise.all(
        asked.map((tenantId) =>
          client.tenants.get({ tenantId: tenantId as TenantId }, { signal }).catch(() => undefined),
        ),
      );
      return Object.fromEntries(tenants.flatMap((each) => (each ? [[each.id, each.name]] : [])));
    },
    enabled: asked.length > 0,
  });
  return found.data ?? {};
};
