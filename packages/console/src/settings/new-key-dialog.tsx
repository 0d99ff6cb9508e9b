// Makes a key and shows it, once. While it is shown the dialog does not close by a slip.
import { Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { faultsAt, isToldAt } from "../shared/field-faults.ts";
import { Problem } from "../shared/problem.tsx";
import { SecretOnce } from "../shared/secret-once.tsx";
import { useDraft } from "../shared/use-draft.ts";
import { texts } from "../texts/index.ts";

const words = texts.settings.newKey;

export function NewKeyDialog({
  isOpen,
  onClose,
}: {
  isOpen: boolean;
  onClose: () => void;
}): ReactNode {
  const [{ name }, change, forget] = useDraft("new key", { name: "" });
  const making = useMutation({
    mutationFn: () => client.operatorKeys.create({ name }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["operator-keys"] }),
  });
  const close = () => {
    forget();
    making.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  const secret = making.data?.secret;
  return (
    <Dialog
      title={words.title}
      isOpen={isOpen || secret !== undefined}
      onClose={close}
      isLocked={secret !== undefined}
    >
      {secret !== undefined ? (
        <SecretOnce secret={secret} lead={words.shown} done={words.done} onDone={close} />
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label={words.name}
              description={words.nameLead}
              value={name}
              onChange={(event) => change({ name: event.currentTarget.value })}
              error={faultsAt(making.error, "/name")}
              data-autofocus
            />
            {making.error && !isToldAt(making.error, "/name") && <Problem error={making.error} />}
            <DialogActions
              submit={words.submit}
              onCancel={close}
              isBusy={making.isPending}
              isDisabled={name.trim() === ""}
            />
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
