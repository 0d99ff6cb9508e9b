// Verifications that need a word: a token for the administrator's e-mail, and an approval. A token is shown once, and kept
// nowhere.
import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { CopyText } from "../../shared/copy-text.tsx";
import { ReasonField } from "../../shared/reason-field.tsx";
import { useDraft } from "../../shared/use-draft.ts";
import { texts } from "../../texts/index.ts";
import { useVerifications, verify } from "../room.ts";
import { useAct } from "../use-act.ts";
import { Frame } from "./frame.tsx";
import type { DialogProps } from "./props.ts";

export function TokenDialog({ tenant: { id: tenantId }, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.verifications.email;
  const known = useVerifications(tenantId).data?.items.find((each) => each.requirement === "email");
  const [draft, change, forget] = useDraft<{ email?: string; reveal: boolean }>(
    `token ${tenantId}`,
    { reveal: false },
  );
  const [token, setToken] = useState<string>();
  const email = (draft.email ?? known?.email ?? "").trim();
  const act = useAct(verify, (answer) => {
    forget();
    if (answer.token !== undefined) return setToken(answer.token);
    close();
    say(words.sent);
  });
  if (token !== undefined) return <Token token={token} close={close} />;
  return (
    <Frame
      error={act.error}
      submit={words.submit}
      canSubmit={email !== ""}
      isPending={act.isPending}
      onSubmit={() =>
        act.mutate({
          ...{ tenantId, requirement: "email", reveal: draft.reveal },
          ...(email === known?.email ? {} : { email }),
        })
      }
      onClose={close}
    >
      <Text size="sm">{words.lead}</Text>
      <TextInput
        type="email"
        label={words.address}
        description={words.addressHelp}
        value={draft.email ?? known?.email ?? ""}
        onChange={(event) => change({ email: event.currentTarget.value })}
        required
        data-autofocus
      />
      <Checkbox
        label={words.reveal}
        checked={draft.reveal}
        onChange={(event) => change({ reveal: event.currentTarget.checked })}
      />
    </Frame>
  );
}

function Token({ token, close }: { token: string; close: () => void }): ReactNode {
  const words = texts.tenant.verifications.email;
  return (
    <Stack role="status">
      <Text fw={600}>{words.token}</Text>
      <CopyText value={token} />
      <Text size="sm">{words.tokenHelp}</Text>
      <Group justify="flex-end">
        <Button onClick={close}>{words.close}</Button>
      </Group>
    </Stack>
  );
}

export function ApproveDialog({ tenant: { id: tenantId }, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.verifications.approval;
  const [draft, change, forget] = useDraft(`approve ${tenantId}`, { reason: "" });
  const act = useAct(verify, () => {
    forget();
    close();
    say(words.done);
  });
  const reason = draft.reason.trim();
  return (
    <Frame
      what={[words.lead]}
      error={act.error}
      submit={words.submit}
      canSubmit={reason !== ""}
      isPending={act.isPending}
      onSubmit={() => act.mutate({ tenantId, requirement: "approval", reason })}
      onClose={close}
    >
      <ReasonField value={draft.reason} onChange={(value) => change({ reason: value })} />
    </Frame>
  );
}
