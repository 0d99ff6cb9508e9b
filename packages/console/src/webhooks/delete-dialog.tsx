// Deletes a webhook with its log, once its name is typed.
import { Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import type { DialogProps } from "./webhook-dialogs.tsx";

const words = texts.webhooks.remove;

export function DeleteWebhookDialog({ webhook, isOpen, onClose }: DialogProps): ReactNode {
  return (
    <Dialog title={fill(words.title, { name: webhook.name })} isOpen={isOpen} onClose={onClose}>
      <DeleteForm webhook={webhook} onClose={onClose} />
    </Dialog>
  );
}

function DeleteForm({ webhook: { id, name }, onClose }: Omit<DialogProps, "isOpen">): ReactNode {
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const deleting = useMutation({
    mutationFn: () => client.webhooks.delete({ webhookId: id }),
    onSuccess: async () => {
      notifications.show({ message: fill(words.done, { name }) });
      await navigate({ to: "/webhooks" });
      for (const what of ["one", "deliveries", "delivery"])
        queries.removeQueries({ queryKey: ["webhooks", what, id] });
      await queries.invalidateQueries({ queryKey: ["webhooks", "list"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === name) deleting.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{words.lead}</Text>
        <TextInput
          label={fill(words.confirm, { name })}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        {deleting.error && <Problem error={deleting.error} />}
        <DialogActions
          submit={words.submit}
          onCancel={onClose}
          isBusy={deleting.isPending}
          isDisabled={typed.trim() !== name}
          isDanger
        />
      </Stack>
    </form>
  );
}
