// Gives a webhook a new secret, and shows it once.
import { etagOf, type WebhookView } from "@hestia/api";
import { limits } from "@hestia/core";
import { NumberInput, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { faultsAt, isToldAt } from "../shared/field-faults.ts";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { SecretOnce } from "../shared/secret-once.tsx";
import { texts } from "../texts/index.ts";
import type { DialogProps } from "./webhook-dialogs.tsx";

const words = texts.webhooks.rotate;

export function RotateDialog({ webhook, isOpen, onClose }: DialogProps): ReactNode {
  const [hours, setHours] = useState<number | string>(limits.secretOverlapHoursDefault);
  const rotating = useMutation({
    mutationFn: (now: WebhookView) =>
      client.webhooks.rotateSecret(
        { webhookId: now.id, overlapHours: hours === "" ? undefined : Number(hours) },
        { ifMatch: etagOf(now) },
      ),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  const secret = rotating.data?.secret;
  const { error } = rotating;
  const close = () => {
    rotating.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rotating.mutate(webhook);
  };
  return (
    <Dialog
      title={fill(words.title, { name: webhook.name })}
      isOpen={isOpen || secret !== undefined}
      onClose={close}
      isLocked={secret !== undefined}
    >
      {secret !== undefined ? (
        <SecretOnce
          secret={secret}
          lead={texts.webhooks.secretShown}
          done={texts.webhooks.secretDone}
          onDone={close}
        />
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <Text size="sm">{words.lead}</Text>
            <NumberInput
              label={words.overlap}
              description={words.overlapLead}
              value={hours}
              onChange={setHours}
              min={0}
              max={limits.secretOverlapHoursMax}
              allowDecimal={false}
              error={faultsAt(error, "/overlapHours")}
              data-autofocus
            />
            {error && !isToldAt(error, "/overlapHours") && <Problem error={error} />}
            <DialogActions submit={words.submit} onCancel={close} isBusy={rotating.isPending} />
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
