// All plans: there are few.
import { type PlanView, paginate } from "@hestia/api";
import { useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";

export function usePlans() {
  return useQuery({
    queryKey: ["plans", "all"],
    queryFn: async ({ signal }) => {
      const plans: PlanView[] = [];
      for await (const plan of paginate(client.plans.list, {}, { signal })) plans.push(plan);
      return plans;
    },
  });
}
