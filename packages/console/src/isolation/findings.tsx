// Everything that a check found, the worst first, each with why it matters and what to do.
import type { IsolationFindingView, IsolationReportView } from "@hestia/api";
import { Badge, Group, Paper, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { CodeBlock } from "../shared/code-block.tsx";
import { fill } from "../shared/fill.ts";
import { formatNumber } from "../shared/format.ts";
import { texts } from "../texts/index.ts";
import type { Severity } from "./search.ts";

const route = getRouteApi("/inside/isolation/$checkId");
const words = texts.isolation.check;
const colours = { error: "red", warning: "yellow", info: "blue" } as const;
const severities = ["error", "warning", "info"] as const;

export function Findings({ report }: { report: IsolationReportView }): ReactNode {
  const { severity } = route.useSearch();
  const navigate = route.useNavigate();
  const { findings, findingsLeftOut } = report;
  const shown = findings.filter((each) => severity === undefined || each.severity === severity);
  const option = (value: "all" | Severity, count: number) => ({
    value,
    label: `${words.severity[value]} ${formatNumber(count)}`,
  });
  const data = [
    option("all", findings.length),
    ...severities.map((each) =>
      option(each, findings.filter((finding) => finding.severity === each).length),
    ),
  ];
  return (
    <Card title={words.findings}>
      {findings.length === 0 ? (
        <Text size="sm">{words.noFindings}</Text>
      ) : (
        <>
          <SegmentedControl
            aria-label={words.findings}
            data={data}
            value={severity ?? "all"}
            onChange={(value) =>
              void navigate({
                search: value === "all" ? {} : { severity: value as Severity },
                replace: true,
              })
            }
            styles={{ root: { flexWrap: "wrap", alignSelf: "flex-start" } }}
            withItemsBorders={false}
            transitionDuration={0}
          />
          {shown.length === 0 && <Text size="sm">{words.noneSo}</Text>}
          <Stack gap="sm">
            {shown.map((finding, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a report never changes
              <FindingCard key={index} finding={finding} />
            ))}
          </Stack>
        </>
      )}
      {findingsLeftOut > 0 && (
        <Text size="sm" c="dimmed">
          {fill(words.leftOut, { count: findingsLeftOut })}
        </Text>
      )}
    </Card>
  );
}

function FindingCard({ finding }: { finding: IsolationFindingView }): ReactNode {
  const { severity, name, object, model, way, database, why, cure, kind, source } = finding;
  const where = [object, model, way, database].filter((each) => each !== undefined);
  return (
    <Paper withBorder p="md" component="article">
      <Stack gap="xs">
        <Group gap="xs">
          <Badge color={colours[severity]} variant="light" tt="none" autoContrast>
            {words.severityOf[severity]}
          </Badge>
          <Text size="xs" c="dimmed">
            {words.source[source]}
          </Text>
        </Group>
        <Title order={3} size="h6">
          {name}
        </Title>
        {where.length > 0 && (
          <Text size="sm" className="mono" c="dimmed" aria-label={words.where}>
            {where.join(" · ")}
          </Text>
        )}
        <Text size="sm">{why}</Text>
        {kind !== undefined && (
          <Text size="sm" c="dimmed">
            {words.advice[kind]}
          </Text>
        )}
        {cure !== undefined && (
          <Stack gap={4}>
            <Text size="xs" c="dimmed">
              {database === undefined ? words.cure : fill(words.runIn, { database })}
            </Text>
            <CodeBlock text={cure} label={fill(words.cureFor, { name })} />
          </Stack>
        )}
      </Stack>
    </Paper>
  );
}
