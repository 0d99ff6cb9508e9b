// Makes a webhook, and shows its secret once.
import type { TenantId } from "@hestia/core";
import { Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent, ReactNode } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { isToldAt } from "../shared/field-faults.ts";
import { Problem } from "../shared/problem.tsx";
import { SecretOnce } from "../shared/secret-once.tsx";
import { useDraft } from "../shared/use-draft.ts";
import { texts } from "../texts/index.ts";
import { isWhole, pointers, type WebhookDraft, WebhookForm } from "./webhook-form.tsx";

const words = texts.webhooks;
const empty: WebhookDraft = { name: "", url: "", types: undefined, tenants: [] };

export function NewWebhookDialog({
  isOpen,
  onClose,
}: {
  isOpen: boolean;
  onClose: () => void;
}): ReactNode {
  const navigate = useNavigate();
  const [draft, setDraft, forget] = useDraft("new webhook", empty);
  const making = useMutation({
    mutationFn: () =>
      client.webhooks.create({
        name: draft.name,
        url: draft.url.trim(),
        eventTypes: draft.types && [...draft.types],
        tenantIds: draft.tenants.length === 0 ? undefined : (draft.tenants as TenantId[]),
      }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks", "list"] }),
  });
  const made = making.data;
  const close = () => {
    forget();
    making.reset();
    onClose();
  };
  const goOn = (webhookId: string) => {
    forget();
    making.reset();
    void navigate({ to: "/webhooks/$webhookId", params: { webhookId } });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  const { error } = making;
  return (
    <Dialog
      title={words.form.newTitle}
      isOpen={isOpen || made !== undefined}
      onClose={close}
      isLocked={made !== undefined}
    >
      {made ? (
        <SecretOnce
          secret={made.secret}
          lead={words.secretShown}
          done={words.secretDone}
          onDone={() => goOn(made.id)}
        />
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <WebhookForm draft={draft} onChange={setDraft} error={error} />
            {error && !isToldAt(error, ...pointers) && <Problem error={error} />}
            <DialogActions
              submit={words.form.create}
              onCancel={close}
              isBusy={making.isPending}
              isDisabled={!isWhole(draft)}
            />
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
