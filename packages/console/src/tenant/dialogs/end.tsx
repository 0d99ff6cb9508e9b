// The ends of a tenant: deletion, which its plan lets be undone for a while, and the purge, which nothing undoes. What confirms
// them is typed each time, and never kept.
import type { PlanView } from "@hestia/api";
import { daysFrom } from "@hestia/core";
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useState } from "react";
import { client } from "../../app/client.ts";
import { fill } from "../../shared/fill.ts";
import { formatDay } from "../../shared/format.ts";
import { ReasonField } from "../../shared/reason-field.tsx";
import { useDraft } from "../../shared/use-draft.ts";
import { texts } from "../../texts/index.ts";
import { useChecks, usePlan } from "../room.ts";
import { useAct } from "../use-act.ts";
import { Checks } from "./checks.tsx";
import { ConfirmField } from "./fields.tsx";
import { Frame } from "./frame.tsx";
import { given } from "./plain.tsx";
import type { DialogProps } from "./props.ts";

export function DeleteDialog({ tenant, impossible, close }: DialogProps): ReactNode {
  const words = texts.tenant.delete;
  const { id: tenantId, name, slug } = tenant;
  const plan = usePlan(tenant.plan).data;
  const checks = useChecks(tenantId).data;
  const [{ reason }, change, forget] = useDraft(`delete ${tenantId}`, { reason: "" });
  const [typed, setTyped] = useState("");
  // The dialog is gone when that is pressed.
  const undo = () =>
    client.tenants.restore({ tenantId }).then(
      () => notifications.show({ message: fill(words.undone, { name }) }),
      (error: Error) => notifications.show({ message: error.message, color: "red" }),
    );
  const act = useAct(
    client.tenants.delete,
    () => {
      forget();
      close();
      noteWithUndo(tenantId, fill(words.done, { name }), undo);
    },
    tenant,
  );
  const isFinal = plan !== undefined && plan.graceDays + plan.archiveDays === 0;
  return (
    <Frame
      what={plan ? whatOf(plan) : [words.what]}
      undo={plan ? undoOf(plan) : ""}
      error={act.error}
      impossible={impossible}
      submit={words.submit}
      isDangerous
      canSubmit={
        plan !== undefined && checks?.canBeDeleted === true && (!isFinal || typed === slug)
      }
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, ...given(reason) })}
      onClose={close}
    >
      <Checks tenantId={tenantId} end="delete" />
      <ReasonField value={reason} onChange={(value) => change({ reason: value })} isOptional />
      {isFinal && <ConfirmField slug={slug} value={typed} onChange={setTyped} />}
    </Frame>
  );
}

function whatOf(plan: PlanView): readonly string[] {
  const words = texts.tenant.delete;
  const { when, end } = ends(plan);
  return [words.what, fill(words.archived, { when }), fill(words.purged, { when: end })];
}

function undoOf(plan: PlanView): string {
  const words = texts.tenant.delete;
  if (plan.graceDays > 0) return fill(words.undo, ends(plan));
  return plan.archiveDays > 0
    ? fill(words.undoArchive, ends(plan))
    : fill(words.undoNever, { plan: plan.name });
}

function ends({ graceDays, archiveDays }: PlanView): { when: string; end: string } {
  const day = (days: number) => formatDay(daysFrom(new Date(), days).toISOString());
  return { when: day(graceDays), end: day(graceDays + archiveDays) };
}

const undoNote = (tenantId: string) => `undo ${tenantId}`;

function noteWithUndo(tenantId: string, message: string, undo: () => Promise<unknown>): void {
  const id = undoNote(tenantId);
  const press = () => {
    notifications.hide(id);
    void undo();
  };
  notifications.show({
    id,
    autoClose: 15_000,
    withCloseButton: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button size="compact-sm" variant="light" onClick={press}>
          {texts.tenant.dialog.undoAction}
        </Button>
      </Group>
    ),
  });
}

export function PurgeDialog({ tenant, impossible, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.purge;
  const { id: tenantId, name, slug } = tenant;
  const checks = useChecks(tenantId).data;
  const [draft, change, forget] = useDraft(`purge ${tenantId}`, { reason: "" });
  const [typed, setTyped] = useState("");
  const act = useAct(
    client.tenants.purge,
    () => {
      forget();
      notifications.hide(undoNote(tenantId));
      close();
      say(fill(words.done, { name }));
    },
    tenant,
  );
  const reason = draft.reason.trim();
  return (
    <Frame
      what={words.what}
      undo={words.undo}
      error={act.error}
      impossible={impossible}
      submit={words.submit}
      isDangerous
      canSubmit={reason !== "" && typed === slug && checks?.canBePurged === true}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, reason })}
      onClose={close}
    >
      <Checks tenantId={tenantId} end="purge" />
      <ReasonField value={draft.reason} onChange={(value) => change({ reason: value })} />
      <ConfirmField slug={slug} value={typed} onChange={setTyped} />
    </Frame>
  );
}
