// The first tenants of a plan, and the way to all of them.
import { List, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import type { useTenantsOf } from "./plans.ts";

type TenantsPage = NonNullable<ReturnType<typeof useTenantsOf>["data"]>;

export function TenantsOfPlan({
  planId,
  page: { items, nextCursor },
}: {
  planId: string;
  page: TenantsPage;
}): ReactNode {
  return (
    <Stack gap="xs">
      <List size="sm" spacing={4}>
        {items.map(({ id, name }) => (
          <List.Item key={id}>
            <ToAnchor to="/tenants/$tenantId" params={{ tenantId: id }}>
              {name}
            </ToAnchor>
          </List.Item>
        ))}
      </List>
      {nextCursor !== undefined && (
        <ToAnchor to="/tenants" search={{ plan: [planId] }} fz="sm">
          {texts.plans.plan.allTenants}
        </ToAnchor>
      )}
    </Stack>
  );
}
