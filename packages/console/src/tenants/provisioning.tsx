// A tenant that comes into being, step by step as it happens, and what to do when it has or has not.
import type { OperationView, TenantView } from "@hestia/api";
import type { OperationId, TenantId } from "@hestia/core";
import { Alert, Button, Group, Paper, Progress, Skeleton, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { client } from "../app/client.ts";
import { formatDuration } from "../shared/format.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { NextSteps } from "./next-steps.tsx";
import { ProvisioningSteps } from "./provisioning-steps.tsx";

type ProvisioningProps = { readonly tenantId: TenantId; readonly operationId: OperationId };

const words = texts.newTenant.watching;

export function Provisioning({ tenantId, operationId }: ProvisioningProps): ReactNode {
  const cache = useQueryClient();
  const [round, setRound] = useState(0);
  const { operation, error } = useOperation(operationId, round);
  const tenant = useQuery({
    queryKey: ["tenants", "one", tenantId],
    queryFn: ({ signal }) => client.tenants.get({ tenantId }, { signal }),
  });
  const status = operation?.status;
  useEffect(() => {
    if (status === "succeeded" || status === "failed" || status === "cancelled")
      void cache.invalidateQueries({ queryKey: ["tenants"] });
  }, [cache, status]);
  const retry = useMutation({
    mutationFn: () =>
      client.operations.retry({ operationId }, { idempotencyKey: crypto.randomUUID() }),
    onSuccess: () => setRound((before) => before + 1),
  });
  const problem = error ?? tenant.error;
  const retried = () => {
    setRound((before) => before + 1);
    void tenant.refetch();
  };
  return (
    <Page
      key={titleOf(operation, tenant.data)}
      title={titleOf(operation, tenant.data)}
      lead={<Lead operation={operation} />}
    >
      {problem ? <Problem error={problem} retry={retried} /> : null}
      {operation === undefined && !problem && <Skeleton height={260} maw={720} />}
      {operation && (
        <Stack maw={880} gap="lg">
          <Paper withBorder p="md" radius="md">
            <Stack gap="md">
              <Progress
                value={operation.progress * 100}
                color={status === "failed" ? "red" : status === "succeeded" ? "teal" : undefined}
                aria-label={words.progress}
              />
              <ProvisioningSteps operation={operation} />
            </Stack>
          </Paper>
          {(status === "failed" || status === "cancelled") && (
            <Failure
              operation={operation}
              isRetrying={retry.isPending}
              error={retry.error}
              onRetry={() => retry.mutate()}
            />
          )}
          {status === "succeeded" && tenant.data && !isUnready(tenant.data) && (
            <NextSteps tenant={tenant.data} />
          )}
        </Stack>
      )}
    </Page>
  );
}

function Lead({ operation }: { operation: OperationView | undefined }): ReactNode {
  const isDone = operation?.status === "succeeded";
  const isUnderWay = operation?.status === "running" || operation?.status === "queued";
  return (
    <Text c="dimmed" role="status" className="numbers">
      {isDone && words.took(durationOf(operation))}
      {isUnderWay && words.lead}
    </Text>
  );
}

type FailureProps = {
  readonly operation: OperationView;
  readonly isRetrying: boolean;
  readonly error: unknown;
  onRetry(): void;
};

function Failure({ operation, isRetrying, error, onRetry }: FailureProps): ReactNode {
  const isCancelled = operation.status === "cancelled";
  return (
    <Alert color="red" title={isCancelled ? words.cancelled : words.failure} role="alert">
      <Stack gap="sm">
        <Text size="sm">{operation.error?.message}</Text>
        {!isCancelled && <Text size="sm">{words.failureLead}</Text>}
        {error ? <Problem error={error} /> : null}
        <Group gap="xs">
          {!isCancelled && (
            <Button size="xs" onClick={onRetry} loading={isRetrying}>
              {words.retry}
            </Button>
          )}
          <Button size="xs" variant="default" component={Link} to={`/operations/${operation.id}`}>
            {words.operation}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

/** The operation as the server tells of it, until it is finished; told anew for each round. */
function useOperation(operationId: OperationId, round: number) {
  const [operation, setOperation] = useState<OperationView>();
  const [error, setError] = useState<unknown>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is another stream
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    setError(undefined);
    const follow = async () => {
      for await (const told of client.operations.events({ operationId }, { signal }))
        setOperation(told);
    };
    follow().catch((problem: unknown) => {
      if (!signal.aborted) setError(problem);
    });
    return () => gone.abort();
  }, [operationId, round]);
  return { operation, error };
}

function titleOf(operation: OperationView | undefined, tenant: TenantView | undefined): string {
  if (tenant === undefined) return texts.newTenant.title;
  if (operation?.status === "failed" || operation?.status === "cancelled")
    return words.failed(tenant.name);
  if (operation?.status !== "succeeded" || isUnready(tenant)) return words.title(tenant.name);
  return tenant.status === "pending" ? words.pending(tenant.name) : words.done(tenant.name);
}

/** It was read before its provisioning was done. */
function isUnready({ status }: TenantView): boolean {
  return status === "provisioning" || status === "failed";
}

function durationOf({ createdAt, finishedAt }: OperationView): string {
  const ms = new Date(finishedAt ?? createdAt).getTime() - new Date(createdAt).getTime();
  return formatDuration(Math.max(ms, 0));
}
