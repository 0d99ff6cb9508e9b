// Suspends a tenant, or changes how.
import type { suspensionModes } from "@hestia/core";
import { Radio, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { client } from "../../app/client.ts";
import { fill } from "../../shared/fill.ts";
import { ReasonField } from "../../shared/reason-field.tsx";
import { useDraft } from "../../shared/use-draft.ts";
import { texts } from "../../texts/index.ts";
import { useAct } from "../use-act.ts";
import { TimeField } from "./fields.tsx";
import { Frame } from "./frame.tsx";
import type { DialogProps } from "./props.ts";
import { enforcement } from "./said.ts";
import { isoTime, localTime } from "./times.ts";

export function SuspendDialog({ tenant, impossible, close, say }: DialogProps): ReactNode {
  const words = texts.tenant.suspend;
  const { id: tenantId, name } = tenant;
  const [draft, change, forget] = useDraft(`suspend ${tenantId}`, {
    reason: "",
    mode: (tenant.status === "readonly"
      ? "readonly"
      : "blocked") as (typeof suspensionModes)[number],
    reviewAt: localTime(tenant.reviewAt),
  });
  const { mode } = draft;
  const act = useAct(
    client.tenants.suspend.withResponse,
    ({ status }) => {
      forget();
      close();
      say(
        enforcement(fill(mode === "readonly" ? words.doneReadonly : words.done, { name }), status),
      );
    },
    tenant,
  );
  const reason = draft.reason.trim();
  const reviewAt = isoTime(draft.reviewAt);
  return (
    <Frame
      what={words.what[mode]}
      undo={words.undo}
      error={act.error}
      impossible={impossible}
      submit={words.submit}
      canSubmit={reason !== ""}
      isPending={act.isPending}
      onSubmit={() =>
        act.mutate({ tenantId, reason, mode, ...(reviewAt ? { reviewAt } : {}) } as never)
      }
      onClose={close}
    >
      <Radio.Group
        label={words.mode}
        value={mode}
        onChange={(value) => change({ mode: value as typeof mode })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="blocked" label={words.blocked} />
          <Radio value="readonly" label={words.readonly} />
        </Stack>
      </Radio.Group>
      <ReasonField value={draft.reason} onChange={(value) => change({ reason: value })} />
      <TimeField
        label={words.review}
        description={words.reviewHelp}
        value={draft.reviewAt}
        onChange={(value) => change({ reviewAt: value })}
      />
    </Frame>
  );
}
