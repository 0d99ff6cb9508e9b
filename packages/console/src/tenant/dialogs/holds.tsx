// Legal holds: placed and lifted.
import type { HoldId } from "@hestia/core";
import type { ReactNode } from "react";
import { client } from "../../app/client.ts";
import { fill } from "../../shared/fill.ts";
import { ReasonField } from "../../shared/reason-field.tsx";
import { useDraft } from "../../shared/use-draft.ts";
import { texts } from "../../texts/index.ts";
import { useHolds } from "../room.ts";
import { useAct } from "../use-act.ts";
import { Frame } from "./frame.tsx";
import { given } from "./plain.tsx";
import type { DialogProps } from "./props.ts";

export function PlaceHoldDialog({
  tenant: { id: tenantId },
  impossible,
  close,
  say,
}: DialogProps): ReactNode {
  const words = texts.tenant.holds;
  const [draft, change, forget] = useDraft(`hold ${tenantId}`, { reason: "" });
  const act = useAct(client.holds.place, () => {
    forget();
    close();
    say(words.placeDone);
  });
  const reason = draft.reason.trim();
  return (
    <Frame
      what={words.placeWhat}
      undo={words.placeUndo}
      error={act.error}
      impossible={impossible}
      submit={words.placeSubmit}
      canSubmit={reason !== ""}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, reason })}
      onClose={close}
    >
      <ReasonField value={draft.reason} onChange={(value) => change({ reason: value })} />
    </Frame>
  );
}

export function LiftHoldDialog({
  tenant: { id: tenantId },
  what = "",
  close,
  say,
}: DialogProps): ReactNode {
  const words = texts.tenant.holds;
  const holds = useHolds(tenantId).data?.items ?? [];
  const hold = holds.find(({ id, liftedAt }) => id === what && liftedAt === undefined);
  const [{ reason }, change, forget] = useDraft(`lift ${what}`, { reason: "" });
  const act = useAct(client.holds.lift, () => {
    forget();
    close();
    say(words.liftDone);
  });
  return (
    <Frame
      what={hold ? [fill(words.liftWhat, { reason: hold.reason })] : []}
      undo={words.liftUndo}
      error={act.error}
      submit={words.liftSubmit}
      canSubmit={hold !== undefined}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, holdId: what as HoldId, ...given(reason) })}
      onClose={close}
    >
      <ReasonField value={reason} onChange={(value) => change({ reason: value })} isOptional />
    </Frame>
  );
}
