// The dialogs that ask for a reason and no more: resume, restore, activate.
import { Alert, Checkbox, List } from "@mantine/core";
import type { ReactNode } from "react";
import { client } from "../../app/client.ts";
import { fill } from "../../shared/fill.ts";
import { ReasonField } from "../../shared/reason-field.tsx";
import { useDraft } from "../../shared/use-draft.ts";
import { texts } from "../../texts/index.ts";
import { useVerifications } from "../room.ts";
import { useAct } from "../use-act.ts";
import { Frame } from "./frame.tsx";
import type { DialogProps } from "./props.ts";
import { enforcement } from "./said.ts";

export function ResumeDialog({ tenant, impossible, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.resume;
  const { id: tenantId, name } = tenant;
  const [{ reason }, change, forget] = useDraft(`resume ${tenantId}`, { reason: "" });
  const act = useAct(
    client.tenants.resume.withResponse,
    ({ status }) => {
      forget();
      close();
      say(enforcement(fill(words.done, { name }), status));
    },
    tenant,
  );
  return (
    <Frame
      what={words.what}
      undo={words.undo}
      error={act.error}
      impossible={impossible}
      submit={words.submit}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, ...given(reason) })}
      onClose={close}
    >
      <ReasonField value={reason} onChange={(value) => change({ reason: value })} isOptional />
    </Frame>
  );
}

export function RestoreDialog({ tenant, impossible, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.restore;
  const { id: tenantId, name, status } = tenant;
  const [{ reason }, change, forget] = useDraft(`restore ${tenantId}`, { reason: "" });
  const act = useAct(
    client.tenants.restore,
    (restored) => {
      forget();
      close();
      say(fill(restored.status === "provisioning" ? words.doing : words.done, { name }));
    },
    tenant,
  );
  return (
    <Frame
      what={words.what[status === "archived" ? "archived" : "deleting"]}
      undo={words.undo}
      error={act.error}
      impossible={impossible}
      submit={words.submit}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, ...given(reason) })}
      onClose={close}
    >
      <ReasonField value={reason} onChange={(value) => change({ reason: value })} isOptional />
    </Frame>
  );
}

export function ActivateDialog({ tenant, impossible, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.activate;
  const { id: tenantId, name } = tenant;
  const { names } = texts.tenant.verifications;
  const missing = useVerifications(tenantId).data?.missing ?? [];
  const [draft, change, forget] = useDraft(`activate ${tenantId}`, { reason: "", override: false });
  const act = useAct(
    client.tenants.activate.withResponse,
    ({ status }) => {
      forget();
      close();
      say(enforcement(fill(words.done, { name }), status));
    },
    tenant,
  );
  const reason = draft.reason.trim();
  const isOverride = missing.length > 0 && draft.override;
  return (
    <Frame
      what={words.what}
      undo={words.undo}
      error={act.error}
      impossible={impossible}
      submit={words.submit}
      canSubmit={reason !== "" && (missing.length === 0 || draft.override)}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, reason, override: isOverride })}
      onClose={close}
    >
      {missing.length > 0 && (
        <Alert color="yellow" title={words.missing}>
          <List size="sm" mb="sm">
            {missing.map((each) => (
              <List.Item key={each}>{names[each]}</List.Item>
            ))}
          </List>
          <Checkbox
            label={words.override}
            checked={draft.override}
            onChange={(event) => change({ override: event.currentTarget.checked })}
          />
        </Alert>
      )}
      <ReasonField value={draft.reason} onChange={(value) => change({ reason: value })} />
    </Frame>
  );
}

/** A reason where there is one. */
export const given = (reason: string): { reason?: string } =>
  reason.trim() === "" ? {} : { reason: reason.trim() };
