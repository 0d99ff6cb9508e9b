// Ends every session of this operator.
import { Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { leave } from "../app/session.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useSessions } from "./sessions-card.tsx";

const words = texts.settings.sessions;

export function SignOutDialog({
  isOpen,
  onClose,
}: {
  isOpen: boolean;
  onClose: () => void;
}): ReactNode {
  const count = useSessions().data?.items.length ?? 1;
  const leaving = useMutation({
    mutationFn: () => client.session.endAll({}),
    onSuccess: leave,
  });
  return (
    <Dialog title={words.everywhere} isOpen={isOpen} onClose={onClose}>
      <Stack>
        <Text size="sm">{count === 1 ? words.confirmOne : fill(words.confirm, { count })}</Text>
        {leaving.error && <Problem error={leaving.error} />}
        <DialogActions
          submit={words.everywhere}
          onCancel={onClose}
          onSubmit={() => leaving.mutate()}
          isBusy={leaving.isPending}
          isDanger
        />
      </Stack>
    </Dialog>
  );
}
