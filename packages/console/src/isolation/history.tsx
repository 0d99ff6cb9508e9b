// Every check with its date and its result.
import type { IsolationCheckView } from "@hestia/api";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { formatDuration, formatNumber, formatTime } from "../shared/format.ts";
import { Row, Rows } from "../shared/rows.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { tookMs } from "./checks.ts";
import { StatusMark } from "./status-mark.tsx";

const words = texts.isolation;

export function History({ checks }: { checks: readonly IsolationCheckView[] }): ReactNode {
  const { columns } = words;
  const labels = [
    columns.date,
    columns.status,
    columns.findings,
    columns.probes,
    columns.models,
    columns.scope,
    columns.took,
    columns.by,
  ];
  return (
    <Rows caption={words.history} columns={labels}>
      {checks.map((check) => {
        const took = tookMs(check);
        const { findings, probes } = check.counts ?? {};
        return (
          <Row key={check.id} labels={labels}>
            <ToAnchor to="/isolation/$checkId" params={{ checkId: check.id }} fz="sm">
              {formatTime(check.createdAt)}
            </ToAnchor>
            <span>
              <StatusMark status={check.status} />
            </span>
            <Text size="sm" className="numbers">
              {findings === undefined ? "–" : formatNumber(findings)}
            </Text>
            <Text size="sm" className="numbers">
              {probes === undefined ? "–" : formatNumber(probes)}
            </Text>
            <Text size="sm">{check.models.map((model) => words.models[model]).join(", ")}</Text>
            <Text size="sm">{check.full ? words.full : words.quick}</Text>
            <Text size="sm" className="numbers">
              {took === undefined ? "–" : formatDuration(took)}
            </Text>
            <Text size="sm">{check.startedBy}</Text>
          </Row>
        );
      })}
    </Rows>
  );
}
