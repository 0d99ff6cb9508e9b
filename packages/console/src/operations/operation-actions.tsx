// What can be done about an operation: cancelled while it is under way, tried again when it failed or is stuck.
import type { OperationView } from "@hestia/api";
import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { operationKey } from "./use-operation.ts";

export function OperationActions({ operation }: { operation: OperationView }): ReactNode {
  const words = texts.operations.one;
  const { id, status, stuckAt, finishedAt } = operation;
  const { dialog } = useSearch({ from: "/inside/operations/$operationId" });
  const navigate = useNavigate({ from: "/operations/$operationId" });
  const cache = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => client.operations.cancel({ operationId: id }, freshKey()),
    onSuccess: (now) => {
      cache.setQueryData(operationKey(id), now);
      close();
    },
  });
  const retry = useMutation({
    mutationFn: () => client.operations.retry({ operationId: id }, freshKey()),
    onSuccess: (now) => {
      cancel.reset();
      cache.setQueryData(operationKey(id), now);
    },
  });
  const show = (is: boolean) =>
    void navigate({
      search: ({ dialog: _shown, ...rest }) => (is ? { ...rest, dialog: "cancel" } : rest),
      replace: true,
    });
  const close = () => show(false);
  const canRetry = status === "failed" || stuckAt !== undefined;
  return (
    <>
      {cancel.isSuccess && finishedAt === undefined && (
        <Text size="sm" c="dimmed" role="status" maw={320}>
          {words.cancelling}
        </Text>
      )}
      {finishedAt === undefined && !cancel.isSuccess && (
        <Button variant="default" onClick={() => show(true)}>
          {words.cancel}
        </Button>
      )}
      {canRetry && (
        <Button onClick={() => retry.mutate()} loading={retry.isPending}>
          {words.retry}
        </Button>
      )}
      {retry.error && <Problem error={retry.error} />}
      <CancelDialog
        isOpen={dialog === "cancel" && finishedAt === undefined}
        operation={operation}
        isPending={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={close}
      />
    </>
  );
}

/** Sent again, it is the same request: nothing is done twice. */
const freshKey = () => ({ idempotencyKey: crypto.randomUUID() });
