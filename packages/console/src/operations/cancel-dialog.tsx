// Asks whether an operation is to be cancelled, and says what that undoes before anybody agrees.
import type { OperationView } from "@hestia/api";
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";

export function CancelDialog({
  isOpen,
  operation: { kind, status },
  words = { title: texts.operations.one.cancelTitle, confirm: texts.operations.one.cancel },
  isPending,
  error,
  onConfirm,
  onClose,
}: {
  isOpen: boolean;
  operation: Pick<OperationView, "kind" | "status">;
  words?: { readonly title: string; readonly confirm: string };
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}): ReactNode {
  const { one, undone } = texts.operations;
  return (
    <Modal opened={isOpen} onClose={onClose} title={words.title} centered>
      <Stack>
        <Text size="sm">{undone[status === "queued" ? "queued" : kind] ?? undone.other}</Text>
        {error !== null && error !== undefined && <Problem error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {one.keep}
          </Button>
          <Button color="red.8" onClick={onConfirm} loading={isPending}>
            {words.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
