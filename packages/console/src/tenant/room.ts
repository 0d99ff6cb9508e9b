// What every part of a tenant's room shares: which tenant it is, what is read of it, and how dialogs are opened and closed.
import type { TenantView } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { client } from "../app/client.ts";
import type { RoomDialog, RoomSearch } from "./room-search.ts";

const route = getRouteApi("/inside/tenants/$tenantId");

/** The tenant that the address names. */
export const useTenantId = (): TenantId => route.useParams().tenantId as TenantId;

/** What is open. */
export const useRoomSearch = (): RoomSearch => route.useSearch();

/** Changes what is open. */
export function useOpen(): (change: RoomSearch, options?: { replace?: boolean }) => void {
  // From where one is, and not from the room's own route: the tab stays.
  const navigate = useNavigate();
  return useCallback(
    (change, { replace = false } = {}) =>
      void navigate({
        to: ".",
        search: ((before: RoomSearch) => ({ ...before, ...change })) as never,
        replace,
      }),
    [navigate],
  );
}

/** Opens a dialog. */
export function useDialog(): (dialog: RoomDialog, what?: string) => void {
  const open = useOpen();
  return (dialog, what) => open({ do: dialog, what });
}

/** The tenant, kept as it is. */
export function useTenant(tenantId: TenantId): UseQueryResult<TenantView> {
  return useQuery({
    queryKey: ["tenants", "one", tenantId],
    queryFn: ({ signal }) => client.tenants.get({ tenantId }, { signal }),
  });
}

/** What keeps it from its end. */
export function useChecks(tenantId: TenantId) {
  return useQuery({
    queryKey: ["tenants", "checks", tenantId],
    queryFn: ({ signal }) => client.erasure.checks({ tenantId }, { signal }),
  });
}

/** Its legal holds. */
export function useHolds(tenantId: TenantId) {
  return useQuery({
    queryKey: ["tenants", "holds", tenantId],
    queryFn: ({ signal }) => client.holds.list({ tenantId }, { signal }),
  });
}

/** What its activation waits for, or waited for. */
export function useVerifications(tenantId: TenantId) {
  return useQuery({
    queryKey: ["tenants", "verifications", tenantId],
    queryFn: ({ signal }) => client.verifications.list({ tenantId }, { signal }),
  });
}

/** Its plan. */
export function usePlan(planId: string) {
  return useQuery({
    queryKey: ["plans", "one", planId],
    queryFn: ({ signal }) => client.plans.get({ planId }, { signal }),
  });
}

/** Takes a verification a step on. */
export const verify = (asked: NonNullable<Parameters<typeof client.verifications.verify>[0]>) =>
  client.verifications.verify(asked);
