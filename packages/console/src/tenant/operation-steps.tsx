// The steps of an operation, in their order. Those of one that went well are folded.
import type { OperationView } from "@hestia/api";
import { Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCheck,
  IconCircle,
  IconLoader,
  IconMinus,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { formatDuration } from "../shared/format.ts";
import { texts } from "../texts/index.ts";
import styles from "./tenant.module.css";

type Step = OperationView["steps"][number];

const icons = {
  pending: IconCircle,
  running: IconLoader,
  succeeded: IconCheck,
  failed: IconAlertTriangle,
  skipped: IconMinus,
  undone: IconArrowBackUp,
} as const;

export function Steps({
  steps,
  said,
  isOpen,
}: {
  steps: readonly Step[];
  /** Stands elsewhere already, and is not repeated. */
  said: string | undefined;
  isOpen: boolean;
}): ReactNode {
  const words = texts.tenant.timeline;
  if (steps.length === 0) return null;
  const count = steps.length === 1 ? words.oneStep : fill(words.steps, { count: steps.length });
  return (
    <details open={isOpen}>
      <summary>
        <Text span size="sm">
          {count}
        </Text>
      </summary>
      <ol className={styles.steps}>
        {steps.map((step) => (
          <StepLine key={step.name} step={step} said={said} />
        ))}
      </ol>
    </details>
  );
}

function StepLine({ step, said }: { step: Step; said: string | undefined }): ReactNode {
  const { name, status, startedAt, finishedAt, detail } = step;
  const words = texts.tenant.timeline.stepStatuses;
  const Icon = icons[status];
  const took =
    startedAt && finishedAt ? formatDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : "";
  return (
    <li>
      <Icon size={16} aria-label={words[status]} />
      <span>
        {name}
        {status !== "succeeded" && (
          <Text span size="xs" c="dimmed">
            {" "}
            {words[status]}
          </Text>
        )}
        {detail !== undefined && detail !== said && (
          <Text size="xs" c="dimmed">
            {detail}
          </Text>
        )}
      </span>
      <Text span size="xs" c="dimmed" className="numbers">
        {took}
      </Text>
    </li>
  );
}
