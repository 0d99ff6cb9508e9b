// Asks for a check.
import { type IsolationModel, isolationModels } from "@hestia/core";
import { Checkbox, Stack, Switch, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";

const words = texts.isolation.dialog;

export function StartDialog(props: { isOpen: boolean; onClose: () => void }): ReactNode {
  return (
    <Dialog title={words.title} {...props}>
      <StartForm onClose={props.onClose} />
    </Dialog>
  );
}

function StartForm({ onClose }: { onClose: () => void }): ReactNode {
  const [models, setModels] = useState<string[]>([...isolationModels]);
  const [full, setFull] = useState(false);
  const starting = useMutation({
    mutationFn: () => client.isolationChecks.start({ models: models as IsolationModel[], full }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["isolation"] });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    starting.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">{words.lead}</Text>
        <Checkbox.Group
          label={words.models}
          value={models}
          onChange={setModels}
          error={models.length === 0 ? words.noModel : undefined}
        >
          <Stack gap="xs" mt="xs">
            {isolationModels.map((model) => (
              <Checkbox key={model} value={model} label={texts.isolation.models[model]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Switch
          label={words.full}
          description={words.fullLead}
          checked={full}
          onChange={(event) => setFull(event.currentTarget.checked)}
        />
        {starting.error && <Problem error={starting.error} />}
        <DialogActions
          submit={words.submit}
          onCancel={onClose}
          isBusy={starting.isPending}
          isDisabled={models.length === 0}
        />
      </Stack>
    </form>
  );
}
