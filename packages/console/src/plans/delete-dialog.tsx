// Deletes a plan that no tenant has, or says who has it.
import type { PlanView } from "@hestia/api";
import { defaultPlan } from "@hestia/core";
import { Alert, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";
import { Dialog } from "../shared/dialog.tsx";
import { DialogActions } from "../shared/dialog-actions.tsx";
import { counted, fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { ReasonField } from "../shared/reason-field.tsx";
import { texts } from "../texts/index.ts";
import { useTenantsOf } from "./plans.ts";
import { TenantsOfPlan } from "./tenants-of-plan.tsx";

const words = texts.plans.remove;

export function DeletePlanDialog({
  plan,
  isOpen,
  onClose,
}: {
  plan: PlanView;
  isOpen: boolean;
  onClose: () => void;
}): ReactNode {
  return (
    <Dialog title={fill(words.title, { name: plan.name })} isOpen={isOpen} onClose={onClose}>
      <DeleteForm plan={plan} onClose={onClose} />
    </Dialog>
  );
}

function DeleteForm({
  plan: { id, name },
  onClose,
}: {
  plan: PlanView;
  onClose: () => void;
}): ReactNode {
  const navigate = useNavigate();
  const [reason, setReason] = useState("");
  const page = useTenantsOf(id).data;
  const isUsed = page !== undefined && page.items.length > 0;
  const deleting = useMutation({
    mutationFn: () => client.plans.delete({ planId: id, reason: reason.trim() || undefined }),
    onSuccess: async () => {
      notifications.show({ message: fill(words.done, { name }) });
      await navigate({ to: "/plans" });
      queries.removeQueries({ queryKey: ["plans", "one", id] });
      await queries.invalidateQueries({ queryKey: ["plans"] });
    },
    onError: () => queries.invalidateQueries({ queryKey: ["tenants", "of plan", id] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deleting.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {id === defaultPlan ? (
          <Alert color="yellow">{words.standard}</Alert>
        ) : (
          !isUsed && <Text size="sm">{words.lead}</Text>
        )}
        {isUsed && id !== defaultPlan && (
          <Alert color="yellow" title={usedText(page)}>
            <TenantsOfPlan planId={id} page={page} />
          </Alert>
        )}
        {!isUsed && id !== defaultPlan && (
          <ReasonField value={reason} onChange={setReason} isOptional />
        )}
        {deleting.error && <Problem error={deleting.error} />}
        <DialogActions
          submit={words.submit}
          onCancel={onClose}
          isBusy={deleting.isPending}
          isDisabled={page === undefined || isUsed || id === defaultPlan}
          isDanger
        />
      </Stack>
    </form>
  );
}

const usedText = ({ items, nextCursor }: NonNullable<ReturnType<typeof useTenantsOf>["data"]>) =>
  nextCursor === undefined
    ? counted(words.used, items.length)
    : fill(words.usedMore, { count: items.length });
