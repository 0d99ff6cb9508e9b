// One check: its numbers, everything that it found with its cure, and what was played.
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Facts } from "../shared/facts.tsx";
import { fill } from "../shared/fill.ts";
import { formatDuration, formatNumber, formatTime } from "../shared/format.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { CheckStats } from "./check-stats.tsx";
import { tookMs, useCheck } from "./checks.ts";
import { download } from "./download.ts";
import { Findings } from "./findings.tsx";
import { Groups, Mutations } from "./played.tsx";
import { Running } from "./running.tsx";
import { StatusMark } from "./status-mark.tsx";

const route = getRouteApi("/inside/isolation/$checkId");
const words = texts.isolation.check;

type Check = NonNullable<ReturnType<typeof useCheck>["data"]>;

export function IsolationCheckPage(): ReactNode {
  const { checkId } = route.useParams();
  const found = useCheck(checkId);
  const check = found.data;
  const title =
    check === undefined
      ? texts.isolation.title
      : fill(words.title, { date: formatTime(check.createdAt) });
  return (
    <Page
      title={title}
      lead={
        <Group gap="sm">
          <ToAnchor to="/isolation" fz="sm">
            {words.back}
          </ToAnchor>
          {check && <StatusMark status={check.status} />}
        </Group>
      }
      actions={
        check?.report && (
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            onClick={() => download(`isolation-${check.createdAt.slice(0, 10)}.json`, check)}
          >
            {words.export}
          </Button>
        )
      }
    >
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {check && <Result check={check} />}
    </Page>
  );
}

function Result({ check }: { check: Check }): ReactNode {
  const { report, problem, status } = check;
  return (
    <>
      {status === "running" && <Running check={check} />}
      {problem !== undefined && (
        <Alert color="orange" title={words.problem}>
          <Text size="sm">{problem}</Text>
        </Alert>
      )}
      <CheckStats check={check} />
      {report && <Findings report={report} />}
      {report && <Groups report={report} />}
      {report && <Mutations report={report} />}
      <Card title={texts.isolation.title}>
        <CheckFacts check={check} />
      </Card>
    </>
  );
}

function CheckFacts({ check }: { check: Check }): ReactNode {
  const { facts } = words;
  const { report } = check;
  const took = tookMs(check);
  const objects =
    report &&
    Object.entries(report.objects)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${formatNumber(count)} ${name}`)
      .join(", ");
  return (
    <Facts
      facts={[
        [facts.target, report?.target],
        [facts.server, report?.server],
        [facts.objects, objects],
        [facts.doctor, report && formatNumber(report.doctorChecks)],
        [facts.took, took === undefined ? undefined : formatDuration(took)],
        [facts.by, check.startedBy],
        [
          facts.operation,
          <ToAnchor
            key="operation"
            to="/operations/$operationId"
            params={{ operationId: check.operationId }}
          >
            {check.operationId}
          </ToAnchor>,
        ],
        [facts.id, <CopyText key="id" value={check.id} />],
      ]}
    />
  );
}
