// One operation: what it has done, what it is at, how it ended, and what can be done about it, as it happens.
import type { OperationView } from "@hestia/api";
import { Group, Skeleton, Stack, Text } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { MigrationSearch } from "../migrations/search.ts";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { useNow } from "../shared/use-now.ts";
import { TenantLink } from "../tenants/tenant-link.tsx";
import { useTenants } from "../tenants/tenant-names.ts";
import { texts } from "../texts/index.ts";
import { Lost } from "./lost.tsx";
import { OperationActions } from "./operation-actions.tsx";
import { OperationEnd } from "./operation-end.tsx";
import { tookText } from "./operation-table.tsx";
import { Raw } from "./raw.tsx";
import { operationIdOf } from "./search.ts";
import { kindText, StatusMark } from "./status-mark.tsx";
import { Steps } from "./steps.tsx";
import { useOperation } from "./use-operation.ts";

export function OperationPage(): ReactNode {
  const { operationId } = useParams({ from: "/inside/operations/$operationId" });
  const id = operationIdOf(operationId);
  const { found, liveness } = useOperation(id);
  const words = texts.operations;
  const operation = found.data;
  if (operation === undefined)
    return (
      <Page title={words.title}>
        {found.error ? (
          <Problem error={found.error} retry={() => void found.refetch()} />
        ) : (
          <Stack aria-busy aria-label={words.one.loading}>
            <Skeleton height={24} width="40%" />
            <Skeleton height={220} />
          </Stack>
        )}
      </Page>
    );
  return (
    <Page
      title={kindText(operation.kind)}
      lead={<Facts operation={operation} />}
      actions={<OperationActions operation={operation} />}
    >
      <Lost liveness={liveness} />
      <OperationEnd operation={operation} />
      <Card title={words.one.steps}>
        <Steps operation={operation} isLive={liveness !== "lost"} />
      </Card>
      <Elsewhere operation={operation} />
      <Command value={`npx --no hestia operations watch ${id}`} label={words.one.watch} />
      <RawPart operation={operation} />
    </Page>
  );
}

function Facts({ operation }: { operation: OperationView }): ReactNode {
  const words = texts.operations.one;
  const { id, tenantId, createdAt, finishedAt, deadlineAt } = operation;
  const name = useTenants([tenantId]).get(tenantId ?? "")?.name;
  const now = useNow(1_000, finishedAt === undefined);
  const took = tookText(operation, now);
  const [before, after] = words.began.split("{when}");
  return (
    <Group gap="md" c="dimmed" fz="sm">
      <StatusMark operation={operation} />
      {tenantId !== undefined && <TenantLink id={tenantId} name={name} />}
      <span>
        {before}
        <Ago iso={createdAt} />
        {after}
      </span>
      {took !== "" && (
        <span className="numbers">
          {(finishedAt === undefined ? words.since : words.took).replace("{duration}", took)}
        </span>
      )}
      {deadlineAt !== undefined && finishedAt === undefined && (
        <span>
          {words.deadline.split("{when}")[0]}
          <Ago iso={deadlineAt} />
        </span>
      )}
      <CopyText value={id} />
    </Group>
  );
}

/** The rooms that show more of some kinds. */
function Elsewhere({ operation: { id, kind, status } }: { operation: OperationView }): ReactNode {
  const words = texts.operations.one;
  if (kind === "migrations.up") return <Lead search={{ run: id }}>{words.toMigrations}</Lead>;
  if (status !== "succeeded") return null;
  if (kind === "migrations.drift")
    return <Lead search={{ view: "drift", drift: id }}>{words.toDrift}</Lead>;
  if (kind === "migrations.try")
    return <Lead search={{ view: "roll-out", trial: id }}>{words.toTrial}</Lead>;
  return null;
}

function Lead({ search, children }: { search: MigrationSearch; children: string }): ReactNode {
  return (
    <Text size="sm">
      <ToAnchor to="/migrations" search={search}>
        {children}
      </ToAnchor>
    </Text>
  );
}

function RawPart({ operation }: { operation: OperationView }): ReactNode {
  const { raw } = useSearch({ from: "/inside/operations/$operationId" });
  const navigate = useNavigate({ from: "/operations/$operationId" });
  const toggle = () =>
    void navigate({
      search: ({ raw: shown, ...rest }) => (shown ? rest : { ...rest, raw: true }),
      replace: true,
    });
  return <Raw value={operation} isOpen={raw === true} onToggle={toggle} />;
}
