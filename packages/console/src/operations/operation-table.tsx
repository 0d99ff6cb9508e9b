// Operations, one a row; on a narrow screen each is a small block.
import type { OperationView } from "@hestia/api";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { formatDuration } from "../shared/format.ts";
import { Row, Rows } from "../shared/rows.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { useNow } from "../shared/use-now.ts";
import { TenantLink } from "../tenants/tenant-link.tsx";
import { useTenants } from "../tenants/tenant-names.ts";
import { texts } from "../texts/index.ts";
import { kindText, StatusMark } from "./status-mark.tsx";

export function OperationTable({
  operations,
}: {
  operations: readonly OperationView[];
}): ReactNode {
  const words = texts.operations;
  const { kind, tenant, status, began, took } = words.columns;
  const tenants = useTenants(operations.map(({ tenantId }) => tenantId));
  const now = useNow(
    1_000,
    operations.some(({ status: each }) => each === "running"),
  );
  return (
    <Rows caption={words.title} columns={[kind, tenant, status, began, took]}>
      {operations.map((operation) => (
        <Row key={operation.id} labels={[kind, tenant, status, began, took]}>
          <ToAnchor to="/operations/$operationId" params={{ operationId: operation.id }} fw={600}>
            {kindText(operation.kind)}
          </ToAnchor>
          {operation.tenantId === undefined ? (
            words.platform
          ) : (
            <TenantLink id={operation.tenantId} name={tenants.get(operation.tenantId)?.name} />
          )}
          <StatusMark operation={operation} />
          <Ago iso={operation.createdAt} />
          <span className="numbers">{tookText(operation, now)}</span>
        </Row>
      ))}
    </Rows>
  );
}

/** How long it took, or has taken so far; nothing before it runs. */
export function tookText({ createdAt, finishedAt, status }: OperationView, now: number): string {
  if (status === "queued") return "";
  const end = finishedAt === undefined ? now : new Date(finishedAt).getTime();
  return formatDuration(Math.max(0, end - new Date(createdAt).getTime()));
}
