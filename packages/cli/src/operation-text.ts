// Operations as people read them.
import type { OperationView } from "@hestia/api";
import type { Output } from "./output.ts";
import { statusText } from "./statuses.ts";
import { stepLine } from "./steps.ts";
import { renderPairs, renderTable } from "./table.ts";
import { fullTime, relativeTime } from "./times.ts";

/** Operations, one a line. */
export function operationTable(
  operations: readonly OperationView[],
  output: Output,
  now: number,
): string {
  const columns = [
    { title: "ID" },
    { title: "KIND", gives: true as const },
    { title: "STATUS" },
    { title: "STARTED" },
  ];
  const rows = operations.map((operation) => [
    operation.id,
    operation.kind,
    statusWithProgress(operation, output),
    relativeTime(operation.createdAt, now),
  ]);
  return renderTable(columns, rows, output);
}

/** Everything about one operation. */
export function operationText(operation: OperationView, output: Output, now: number): string {
  const { id, kind, tenantId, steps, error, result } = operation;
  return renderPairs(
    [
      ["id", id],
      ["kind", kind],
      ["tenant", tenantId],
      ["status", statusWithProgress(operation, output)],
      ["steps", steps.map((step) => stepLine(step, output.colours)).join("\n")],
      ["error", error === undefined ? undefined : `${error.message} (${error.code})`],
      ["result", result === undefined ? undefined : JSON.stringify(result, null, 2)],
      ["created", fullTime(operation.createdAt, now)],
      ["finished", timeOf(operation.finishedAt, now)],
      ["likely until", timeOf(operation.estimatedFinishAt, now)],
      ["given up at", timeOf(operation.finishedAt ? undefined : operation.deadlineAt, now)],
      ["stuck since", timeOf(operation.stuckAt, now)],
    ],
    output,
  );
}

const timeOf = (time: string | undefined, now: number) => time && fullTime(time, now);

function statusWithProgress(operation: OperationView, { colours }: Output): string {
  const { status, progress, stuckAt } = operation;
  if (stuckAt !== undefined) return colours.red("stuck");
  const percent = status === "running" ? ` ${Math.floor(progress * 100)} %` : "";
  return `${statusText(status, colours)}${percent}`;
}
