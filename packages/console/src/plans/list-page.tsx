// All plans.
import { Button, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Empty } from "../shared/empty.tsx";
import { More } from "../shared/more.tsx";
import { Page } from "../shared/page.tsx";
import { Panel } from "../shared/panel.tsx";
import { Problem } from "../shared/problem.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { NewPlanDialog } from "./plan-dialogs.tsx";
import { daysText, readyText, requiresText, trialText, usePlans } from "./plans.ts";

const route = getRouteApi("/inside/plans");
const words = texts.plans;

export function PlanListPage(): ReactNode {
  const { do: dialog } = route.useSearch();
  const navigate = route.useNavigate();
  const found = usePlans();
  const plans = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const { columns } = words;
  const labels = [
    columns.plan,
    columns.requires,
    columns.trial,
    columns.grace,
    columns.archive,
    columns.isolation,
    columns.changed,
  ];
  const create = (
    <Button
      leftSection={<IconPlus size={16} />}
      onClick={() => void navigate({ search: { do: "new" } })}
    >
      {words.create}
    </Button>
  );
  return (
    <Page title={words.title} lead={<Text c="dimmed">{words.lead}</Text>} actions={create}>
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {found.data && plans.length === 0 && (
        <Empty
          title={words.none}
          lead={words.noneLead}
          command="npx --no hestia plans create business"
        />
      )}
      {plans.length > 0 && (
        <Panel>
          <Rows caption={words.title} columns={labels}>
            {plans.map((plan) => (
              <Row key={plan.id} labels={labels}>
                <div>
                  <ToAnchor to="/plans/$planId" params={{ planId: plan.id }} fz="sm" fw={600}>
                    {plan.name}
                  </ToAnchor>
                  <Text size="xs" c="dimmed" className="mono">
                    {plan.id}
                  </Text>
                </div>
                <Text size="sm">{requiresText(plan)}</Text>
                <Text size="sm">{trialText(plan)}</Text>
                <Text size="sm">{daysText(plan.graceDays)}</Text>
                <Text size="sm">{daysText(plan.archiveDays)}</Text>
                <Text size="sm">{readyText(plan)}</Text>
                <Text size="sm">
                  <Ago iso={plan.updatedAt} />
                </Text>
              </Row>
            ))}
          </Rows>
          <More found={found} />
        </Panel>
      )}
      <NewPlanDialog isOpen={dialog === "new"} onClose={() => void navigate({ search: {} })} />
    </Page>
  );
}
