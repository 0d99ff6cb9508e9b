// What this room reads of the server, and how a plan reads in words.
import type { PlanView } from "@hestia/api";
import { tenantStatuses } from "@hestia/core";
import { type UseQueryResult, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";
import { counted, fill } from "../shared/fill.ts";
import { texts } from "../texts/index.ts";

const words = texts.plans;

/** All plans, in the order of their ids. */
export const usePlans = () =>
  useInfiniteQuery({
    queryKey: ["plans", "list"],
    queryFn: ({ pageParam, signal }) =>
      client.plans.list({ limit: 100, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
  });

/** One plan. */
export const usePlan = (planId: string): UseQueryResult<PlanView> =>
  useQuery({
    queryKey: ["plans", "one", planId],
    queryFn: ({ signal }) => client.plans.get({ planId }, { signal }),
  });

type TenantsPage = Awaited<ReturnType<typeof client.tenants.list>>;

/** The first tenants that have the plan. */
export const useTenantsOf = (planId: string): UseQueryResult<TenantsPage> =>
  useQuery({
    queryKey: ["tenants", "of plan", planId],
    queryFn: ({ signal }) =>
      client.tenants.list(
        {
          plan: [planId],
          status: tenantStatuses.filter((status) => status !== "purged"),
          limit: 10,
        },
        { signal },
      ),
  });

export const daysText = (days: number): string => counted(words.days, days);

export const requiresText = ({ requires }: PlanView): string =>
  requires.length === 0
    ? words.nothing
    : requires.map((each) => words.requirements[each]).join(", ");

export const trialText = ({ trialDays }: PlanView): string =>
  trialDays === undefined ? words.noTrial : daysText(trialDays);

export const readyText = ({ warm, isolation }: PlanView): string =>
  warm === 0 ? words.notReady : fill(words.ready, { count: warm, model: words.models[isolation] });
