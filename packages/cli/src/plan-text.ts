// Plans as people read them.
import { etagOf, type PlanView } from "@hestia/api";
import type { Output } from "./output.ts";
import { renderPairs, renderTable } from "./table.ts";
import { fullTime } from "./times.ts";

/** Plans, one a line. */
export function planTable(plans: readonly PlanView[], output: Output): string {
  const columns = [
    { title: "PLAN" },
    { title: "NAME", gives: true as const },
    { title: "ISOLATION" },
    { title: "REQUIRES" },
    { title: "TRIAL" },
    { title: "WARM" },
  ];
  const rows = plans.map((plan) => [
    plan.id,
    plan.name,
    plan.isolation,
    plan.requires.join(", "),
    plan.trialDays === undefined ? "" : daysText(plan.trialDays),
    String(plan.warm),
  ]);
  return renderTable(columns, rows, output);
}

/** Everything about one plan. */
export function planText(plan: PlanView, output: Output, now: number): string {
  const defaults = Object.keys(plan.defaults).length === 0 ? undefined : plan.defaults;
  return renderPairs(
    [
      ["plan", output.colours.bold(plan.id)],
      ["name", plan.name],
      ["description", plan.description],
      ["requires", plan.requires.length === 0 ? "nothing" : plan.requires.join(", ")],
      ["trial", plan.trialDays === undefined ? "none" : daysText(plan.trialDays)],
      ["grace", `${daysText(plan.graceDays)} from the deletion to the archive`],
      ["archive", `${daysText(plan.archiveDays)} from the archive to the purge`],
      ["warm", `${plan.warm} partitions of the model ${plan.isolation}`],
      ["defaults", defaults && JSON.stringify(defaults, null, 2)],
      ["created", fullTime(plan.createdAt, now)],
      ["updated", fullTime(plan.updatedAt, now)],
      ["version", `${plan.version}, ETag ${etagOf(plan)}`],
    ],
    output,
  );
}

const daysText = (days: number) => `${days} ${days === 1 ? "day" : "days"}`;
