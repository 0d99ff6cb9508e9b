// One plan: what it says, and who has it.
import type { PlanView } from "@hestia/api";
import { Button, List, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { CodeBlock } from "../shared/code-block.tsx";
import { Facts } from "../shared/facts.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { DeletePlanDialog } from "./delete-dialog.tsx";
import { EditPlanDialog } from "./plan-dialogs.tsx";
import { daysText, readyText, requiresText, trialText, usePlan, useTenantsOf } from "./plans.ts";
import { TenantsOfPlan } from "./tenants-of-plan.tsx";

const route = getRouteApi("/inside/plans/$planId");
const words = texts.plans.plan;

export function PlanPage(): ReactNode {
  const { planId } = route.useParams();
  const { do: dialog } = route.useSearch();
  const navigate = route.useNavigate();
  const found = usePlan(planId);
  const plan = found.data;
  const open = (name?: "edit" | "delete") =>
    void navigate({ search: name === undefined ? {} : { do: name } });
  return (
    <Page
      title={plan?.name ?? planId}
      lead={
        <ToAnchor to="/plans" fz="sm">
          {words.back}
        </ToAnchor>
      }
      actions={
        plan && (
          <>
            <Button variant="default" onClick={() => open("edit")}>
              {words.edit}
            </Button>
            <Button variant="default" onClick={() => open("delete")}>
              {words.remove}
            </Button>
          </>
        )
      }
    >
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {plan && <Details plan={plan} />}
      {plan && <Tenants planId={planId} />}
      {plan && <EditPlanDialog plan={plan} isOpen={dialog === "edit"} onClose={() => open()} />}
      {plan && <DeletePlanDialog plan={plan} isOpen={dialog === "delete"} onClose={() => open()} />}
    </Page>
  );
}

function Details({ plan }: { plan: PlanView }): ReactNode {
  const isEmpty = Object.keys(plan.defaults).length === 0;
  const requires = plan.requires.map((each) => (
    <List.Item key={each}>{texts.plans.requirements[each]}</List.Item>
  ));
  return (
    <Card title={words.details} lead={plan.description}>
      <Facts
        facts={[
          [
            texts.plans.form.id,
            <span key="id" className="mono">
              {plan.id}
            </span>,
          ],
          [
            words.requires,
            requires.length > 0 ? (
              <List key="requires" size="sm">
                {requires}
              </List>
            ) : (
              requiresText(plan)
            ),
          ],
          [words.trial, trialText(plan)],
          [words.grace, daysText(plan.graceDays)],
          [words.archive, daysText(plan.archiveDays)],
          [words.isolation, readyText(plan)],
          [
            words.defaults,
            isEmpty ? (
              words.noDefaults
            ) : (
              <CodeBlock
                key="defaults"
                text={JSON.stringify(plan.defaults, undefined, 2)}
                label={words.defaults}
              />
            ),
          ],
          [words.updated, <Ago key="updated" iso={plan.updatedAt} />],
          [words.version, String(plan.version)],
        ]}
      />
    </Card>
  );
}

function Tenants({ planId }: { planId: string }): ReactNode {
  const found = useTenantsOf(planId);
  return (
    <Card title={words.tenants}>
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.data?.items.length === 0 && <Text size="sm">{words.noTenants}</Text>}
      {found.data && found.data.items.length > 0 && (
        <TenantsOfPlan planId={planId} page={found.data} />
      )}
    </Card>
  );
}
