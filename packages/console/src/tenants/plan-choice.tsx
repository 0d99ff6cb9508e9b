// The plan of a new tenant, and what follows from it before and after the tenant is active.
import type { PlanView } from "@hestia/api";
import { List, Select, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { formatNumber } from "../shared/format.ts";
import { locale, texts } from "../texts/index.ts";

type PlanChoiceProps = {
  readonly value: string;
  readonly plans: readonly PlanView[];
  readonly error: string | undefined;
  onChange(plan: string): void;
};

const words = texts.newTenant;
const both = new Intl.ListFormat(locale, { type: "conjunction" });

export function PlanChoice({ value, plans, error, onChange }: PlanChoiceProps): ReactNode {
  const chosen = plans.find(({ id }) => id === value);
  return (
    <Stack gap="xs">
      <Select
        label={words.plan}
        description={chosen?.description}
        data={plans.map(({ id, name }) => ({ value: id, label: name }))}
        value={value}
        error={error}
        allowDeselect={false}
        onChange={(plan) => plan !== null && onChange(plan)}
      />
      {chosen && <Facts plan={chosen} />}
    </Stack>
  );
}

function Facts({ plan: { requires, trialDays, warm, isolation } }: { plan: PlanView }): ReactNode {
  const facts = words.planFacts;
  const what = both.format(requires.map((each) => words.requirements[each]));
  return (
    <div role="status">
      <List size="sm" c="dimmed">
        <List.Item>
          {requires.length === 0 ? facts.requiresNothing : facts.requires(what)}
        </List.Item>
        {trialDays !== undefined && <List.Item>{facts.trial(formatNumber(trialDays))}</List.Item>}
        {warm > 0 && (
          <List.Item>
            {facts.warm(formatNumber(warm), texts.tenants.isolation[isolation])}
          </List.Item>
        )}
      </List>
    </div>
  );
}
