// Queues the deliveries of a period again.
import { type DeliveryStatus, deliveryStatuses } from "@hestia/core";
import { Alert, Checkbox, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { faultsAt, isToldAt } from "../shared/field-faults.ts";
import { counted } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import type { DialogProps } from "./webhook-dialogs.tsx";

const words = texts.webhooks.replay;

export function ReplayDialog({ webhook, isOpen, onClose }: DialogProps): ReactNode {
  return (
    <Dialog title={words.title} isOpen={isOpen} onClose={onClose}>
      <ReplayForm webhookId={webhook.id} onClose={onClose} />
    </Dialog>
  );
}

/** What an input of type datetime-local holds: the reader's own time, to the minute. */
function localText(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const isTime = (text: string) => !Number.isNaN(Date.parse(text));

function ReplayForm({
  webhookId,
  onClose,
}: {
  webhookId: DialogProps["webhook"]["id"];
  onClose: () => void;
}): ReactNode {
  const [from, setFrom] = useState(() => localText(new Date(Date.now() - 86_400_000)));
  const [to, setTo] = useState(() => localText(new Date(Date.now() + 60_000)));
  const [status, setStatus] = useState<string[]>(["abandoned"]);
  const replaying = useMutation({
    mutationFn: () =>
      client.webhooks.replay({
        webhookId,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        status: status as DeliveryStatus[],
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  const { error, data: done } = replaying;
  const isWhole = isTime(from) && isTime(to);
  const isOrdered = isWhole && new Date(from) < new Date(to);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    replaying.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm">{words.lead}</Text>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            type="datetime-local"
            label={words.from}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
            error={faultsAt(error, "/from")}
            data-autofocus
          />
          <TextInput
            type="datetime-local"
            label={words.to}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            error={isWhole ? (isOrdered ? faultsAt(error, "/to") : words.order) : words.noPeriod}
          />
        </SimpleGrid>
        <Checkbox.Group
          label={words.status}
          value={status}
          onChange={setStatus}
          error={faultsAt(error, "/status")}
        >
          <Stack gap="xs" mt="xs">
            {deliveryStatuses.map((each) => (
              <Checkbox key={each} value={each} label={texts.webhooks.deliveries.statuses[each]} />
            ))}
          </Stack>
        </Checkbox.Group>
        {done && (
          <Alert color="teal" role="status">
            {counted(words.done, done.count)} {done.more && words.more}
          </Alert>
        )}
        {error && !isToldAt(error, "/from", "/to", "/status") && <Problem error={error} />}
        <DialogActions
          submit={words.submit}
          onCancel={onClose}
          isBusy={replaying.isPending}
          isDisabled={!isOrdered || status.length === 0}
        />
      </Stack>
    </form>
  );
}
