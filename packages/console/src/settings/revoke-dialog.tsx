// Revokes a key, with a word of warning where it is one's own.
import type { OperatorKeyView } from "@hestia/api";
import type { OperatorKeyId } from "@hestia/core";
import { Alert, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries, signedOut } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { ReasonField } from "../shared/reason-field.tsx";
import { texts } from "../texts/index.ts";
import { useKeys, useSession } from "./keys.ts";

const words = texts.settings.revoke;

export function RevokeDialog({
  keyId,
  onClose,
}: {
  keyId: string | undefined;
  onClose: () => void;
}): ReactNode {
  const keys = useKeys().data?.pages.flatMap(({ items }) => items);
  const key = keys?.find(({ id, revokedAt }) => id === keyId && revokedAt === undefined);
  const title = fill(words.title, { name: key?.name ?? "" });
  return (
    <Dialog title={title} isOpen={keyId !== undefined && keys !== undefined} onClose={onClose}>
      {key ? (
        <RevokeForm operatorKey={key} onClose={onClose} />
      ) : (
        <Text size="sm">{words.gone}</Text>
      )}
    </Dialog>
  );
}

function RevokeForm({
  operatorKey: { id, name },
  onClose,
}: {
  operatorKey: OperatorKeyView;
  onClose: () => void;
}): ReactNode {
  const isOwn = useSession().data?.operator.id === id;
  const [reason, setReason] = useState("");
  const revoking = useMutation({
    mutationFn: () =>
      client.operatorKeys.revoke({
        operatorKeyId: id as OperatorKeyId,
        reason: reason.trim() || undefined,
      }),
    onSuccess: async () => {
      if (isOwn) return void signedOut.dispatchEvent(new Event("ended"));
      notifications.show({ message: fill(words.done, { name }) });
      onClose();
      await queries.invalidateQueries({ queryKey: ["operator-keys"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    revoking.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{words.lead}</Text>
        {isOwn && <Alert color="orange">{words.own}</Alert>}
        <ReasonField value={reason} onChange={setReason} isOptional />
        {revoking.error && <Problem error={revoking.error} />}
        <DialogActions
          submit={words.submit}
          onCancel={onClose}
          isBusy={revoking.isPending}
          isDanger
        />
      </Stack>
    </form>
  );
}
