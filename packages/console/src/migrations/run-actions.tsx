// What can be done with a roll-out: stopped while it goes on, continued where it holds, gone on with after a failure.
import type { OperationView } from "@hestia/api";
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { CancelDialog } from "../operations/cancel-dialog.tsx";
import { operationKey } from "../operations/use-operation.ts";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { waveText } from "./failures.tsx";
import { useBegin } from "./use-begin.ts";

const route = getRouteApi("/inside/migrations");

export function RunActions({
  operation,
  isHeld,
}: {
  operation: OperationView;
  isHeld: boolean;
}): ReactNode {
  const words = texts.migrations.run;
  const { id, status, finishedAt, result } = operation;
  const { dialog } = route.useSearch();
  const navigate = route.useNavigate();
  const cache = useQueryClient();
  const goOn = useBegin("continue");
  const options = () => ({ idempotencyKey: crypto.randomUUID() });
  const show = (is: boolean) =>
    void navigate({
      search: ({ dialog: _shown, ...rest }) => (is ? { ...rest, dialog: "stop" } : rest),
      replace: true,
    });
  const stop = useMutation({
    mutationFn: () => client.operations.cancel({ operationId: id }, options()),
    onSuccess: (now) => {
      cache.setQueryData(operationKey(id), now);
      show(false);
    },
  });
  const retry = useMutation({
    mutationFn: () => client.operations.retry({ operationId: id }, options()),
    onSuccess: (now) => cache.setQueryData(operationKey(id), now),
  });
  const problem = goOn.error ?? retry.error;
  return (
    <>
      {finishedAt === undefined && (
        <Button variant="default" disabled={stop.isSuccess} onClick={() => show(true)}>
          {words.cancel}
        </Button>
      )}
      {isHeld && (
        <Button loading={goOn.isPending} onClick={() => goOn.mutate({})}>
          {fill(words.continue, { wave: waveText(String(result?.next)) })}
        </Button>
      )}
      {status === "failed" && (
        <Button loading={retry.isPending} onClick={() => retry.mutate()}>
          {words.retry}
        </Button>
      )}
      {problem && <Problem error={problem} />}
      <CancelDialog
        isOpen={dialog === "stop" && finishedAt === undefined}
        operation={operation}
        words={{ title: words.cancelTitle, confirm: words.confirm }}
        isPending={stop.isPending}
        error={stop.error}
        onConfirm={() => stop.mutate()}
        onClose={() => show(false)}
      />
    </>
  );
}
