// Changes where a webhook leads and what it gets.
import { etagOf, type WebhookView } from "@hestia/api";
import { isHestiaError, type TenantId } from "@hestia/core";
import { Alert, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { isToldAt } from "../shared/field-faults.ts";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import type { DialogProps } from "./webhook-dialogs.tsx";
import { isWhole, pointers, type WebhookDraft, WebhookForm } from "./webhook-form.tsx";

const words = texts.webhooks;

export function EditWebhookDialog({ webhook, isOpen, onClose }: DialogProps): ReactNode {
  const title = fill(words.form.editTitle, { name: webhook.name });
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <EditForm webhook={webhook} onClose={onClose} />
    </Dialog>
  );
}

function EditForm({ webhook, onClose }: { webhook: WebhookView; onClose: () => void }): ReactNode {
  // As it was when this began, so that what comes meanwhile is not written over.
  const [base] = useState(webhook);
  const [draft, setDraft] = useState<WebhookDraft>({
    name: webhook.name,
    url: webhook.url,
    types: webhook.eventTypes,
    tenants: webhook.tenantIds ?? [],
  });
  const saving = useMutation({
    mutationFn: () =>
      client.webhooks.update(
        {
          webhookId: base.id,
          name: draft.name,
          url: draft.url.trim(),
          eventTypes: draft.types === undefined ? null : [...draft.types],
          tenantIds: draft.tenants.length === 0 ? null : (draft.tenants as TenantId[]),
        },
        { ifMatch: etagOf(base) },
      ),
    onSuccess: async (saved) => {
      notifications.show({ message: fill(words.form.saved, { name: saved.name }) });
      queries.setQueryData(["webhooks", "one", saved.id], saved);
      onClose();
      await queries.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  const { error } = saving;
  const isClash = isHestiaError(error, "precondition_failed");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <WebhookForm draft={draft} onChange={setDraft} error={error} />
        {isClash && (
          <Alert color="yellow" role="alert">
            {words.clash}
          </Alert>
        )}
        {error && !isClash && !isToldAt(error, ...pointers) && <Problem error={error} />}
        <DialogActions
          submit={words.form.save}
          onCancel={onClose}
          isBusy={saving.isPending}
          isDisabled={!isWhole(draft) || isClash}
        />
      </Stack>
    </form>
  );
}
