// Makes a plan, and changes one. What somebody else saves meanwhile is shown beside one's own, and never lost by accident.
import { etagOf, type PlanView } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { isToldAt } from "../shared/field-faults.ts";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { useDraft } from "../shared/use-draft.ts";
import { texts } from "../texts/index.ts";
import { Clash } from "./clash.tsx";
import { changesOf, defaultsOf, draftOf, emptyDraft, inputOf, patchOf } from "./draft.ts";
import { PlanForm, pointers } from "./plan-form.tsx";

const words = texts.plans.form;

type DialogProps = { readonly isOpen: boolean; readonly onClose: () => void };

export function NewPlanDialog({ isOpen, onClose }: DialogProps): ReactNode {
  return (
    <Dialog title={words.newTitle} isOpen={isOpen} onClose={onClose} size="xl">
      <NewPlanForm onClose={onClose} />
    </Dialog>
  );
}

function NewPlanForm({ onClose }: { onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const [draft, setDraft, forget] = useDraft("new plan", emptyDraft);
  const cancel = () => {
    forget();
    onClose();
  };
  const creating = useMutation({
    mutationFn: () => client.plans.create(inputOf(draft)),
    onSuccess: async (plan) => {
      forget();
      notifications.show({ message: fill(words.created, { name: plan.name }) });
      queries.setQueryData(["plans", "one", plan.id], plan);
      await navigate({ to: "/plans/$planId", params: { planId: plan.id } });
      await queries.invalidateQueries({ queryKey: ["plans"] });
    },
  });
  const { error } = creating;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    creating.mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <PlanForm draft={draft} onChange={setDraft} error={error} isNew />
        {error && !isToldAt(error, ...pointers) && <Problem error={error} />}
        <DialogActions
          submit={words.create}
          onCancel={cancel}
          isBusy={creating.isPending}
          isDisabled={defaultsOf(draft) === undefined}
        />
      </Stack>
    </form>
  );
}

export function EditPlanDialog({
  plan,
  isOpen,
  onClose,
}: DialogProps & { plan: PlanView }): ReactNode {
  const title = fill(words.editTitle, { name: plan.name });
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} size="xl">
      <EditPlanForm plan={plan} onClose={onClose} />
    </Dialog>
  );
}

function EditPlanForm({ plan, onClose }: { plan: PlanView; onClose: () => void }): ReactNode {
  // As it was when this began: what comes meanwhile must not slip in unseen.
  const [base, setBase] = useState(plan);
  const [draft, setDraft] = useState(() => draftOf(plan));
  const saving = useMutation({
    mutationFn: (over: PlanView) =>
      client.plans.update({ planId: over.id, ...patchOf(draft, over) }, { ifMatch: etagOf(over) }),
    onSuccess: async (saved) => {
      notifications.show({ message: fill(words.saved, { name: saved.name }) });
      queries.setQueryData(["plans", "one", saved.id], saved);
      onClose();
      await queries.invalidateQueries({ queryKey: ["plans"] });
    },
    onError: () => queries.invalidateQueries({ queryKey: ["plans", "one", plan.id] }),
  });
  const { error } = saving;
  const isClash = isHestiaError(error, "precondition_failed");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate(base);
  };
  const takeTheirs = () => {
    setBase(plan);
    setDraft(draftOf(plan));
    saving.reset();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm" c="dimmed">
          {words.counts}
        </Text>
        <PlanForm draft={draft} onChange={setDraft} error={error} isNew={false} />
        {isClash && (
          <Clash
            mine={draft}
            base={base}
            theirs={plan}
            onKeep={() => {
              setBase(plan);
              saving.mutate(plan);
            }}
            onTake={takeTheirs}
          />
        )}
        {error && !isClash && !isToldAt(error, ...pointers) && <Problem error={error} />}
        <DialogActions
          submit={words.save}
          onCancel={onClose}
          isBusy={saving.isPending}
          isDisabled={
            defaultsOf(draft) === undefined || changesOf(draft, base).length === 0 || isClash
          }
        />
      </Stack>
    </form>
  );
}
