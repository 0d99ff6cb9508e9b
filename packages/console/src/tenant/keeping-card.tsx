// How long a tenant is kept, by its own day and by its plan, and whether what comes next for it, deletion or purge, is possible now.
import type { TenantView } from "@hestia/api";
import { Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { Facts } from "../shared/facts.tsx";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useChecks, usePlan } from "./room.ts";
import { When } from "./when.tsx";

export function KeepingCard({ tenant }: { tenant: TenantView }): ReactNode {
  const words = texts.tenant.keeping;
  const plan = usePlan(tenant.plan).data;
  const { data: checks, error, refetch } = useChecks(tenant.id);
  const { status } = tenant;
  const isDeleted = status === "deleting" || status === "archived";
  const can = isDeleted ? checks?.canBePurged : checks?.canBeDeleted;
  const days = (count: number | undefined) =>
    count === undefined ? undefined : fill(words.days, { count });
  return (
    <Card title={words.title}>
      <Facts
        facts={[
          [
            words.retain,
            tenant.retainUntil ? <When key="retain" iso={tenant.retainUntil} /> : words.noRetain,
          ],
          [words.grace, days(plan?.graceDays)],
          [words.archive, days(plan?.archiveDays)],
          [isDeleted ? words.purgeable : words.deletable, checks && (can ? words.yes : words.no)],
        ]}
      />
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!checks && !error && <Skeleton h={20} />}
      {checks && checks.items.length > 0 && (
        <Stack gap={2}>
          {checks.items.map(({ message }) => (
            <Text key={message} size="sm">
              {message}
            </Text>
          ))}
        </Stack>
      )}
    </Card>
  );
}
