// Edits a tenant from the version that was read. Where somebody else was faster, their change is shown beside what is typed
// here, and nothing is lost of either.
import { etagOf, type TenantView } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { Select, SimpleGrid, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { client } from "../../app/client.ts";
import { fill } from "../../shared/fill.ts";
import { useDraft } from "../../shared/use-draft.ts";
import { texts } from "../../texts/index.ts";
import { useTenant } from "../room.ts";
import { useAct } from "../use-act.ts";
import { Clashes } from "./clashes.tsx";
import {
  clashes,
  draftOf,
  type EditDraft,
  parseSettingsText,
  patchOf,
  rebased,
  touched,
} from "./edit-draft.ts";
import { TimeField } from "./fields.tsx";
import { Frame } from "./frame.tsx";
import type { DialogProps } from "./props.ts";

const words = texts.tenant.edit;

export function EditDialog({ tenant, impossible, close, say }: DialogProps): ReactNode {
  const { id: tenantId } = tenant;
  const fresh = useTenant(tenantId);
  // With what is typed the version that it was typed upon is kept.
  const [kept, keep, forget] = useDraft<{ base: TenantView; draft: EditDraft }>(
    `edit ${tenantId}`,
    {
      base: tenant,
      draft: draftOf(tenant),
    },
  );
  // Who has typed nothing yet simply sees what is there now.
  const isUntouched = touched(draftOf(kept.base), kept.draft).length === 0;
  const { base, draft } = isUntouched ? { base: tenant, draft: draftOf(tenant) } : kept;
  const before = draftOf(base);
  const theirs = draftOf(tenant);
  const found = clashes(before, theirs, draft);
  const merged = found.length > 0 ? rebased(before, theirs, draft) : draft;
  const settings = parseSettingsText(draft.settings);
  const patch = "value" in settings ? patchOf(before, draft) : {};
  const [isConflict, setConflict] = useState(false);
  const act = useAct(
    ({ onto, changes }: { onto: TenantView; changes: object }, options) =>
      client.tenants.update({ tenantId, ...changes }, { ...options, ifMatch: etagOf(onto) }),
    (saved) => {
      forget();
      close();
      say(fill(words.done, { name: saved.name }));
    },
  );
  const onError = (error: Error) => {
    if (!isHestiaError(error, "precondition_failed")) return;
    setConflict(true);
    void fresh.refetch();
  };
  const save = () => {
    // Where nothing that can be edited has changed, the newest version is what is seen here.
    const onto = found.length === 0 ? tenant : base;
    act.mutate({ onto, changes: patch }, { onError });
  };
  const again = () => {
    setConflict(false);
    keep({ base: tenant, draft: merged });
    act.mutate({ onto: tenant, changes: patchOf(theirs, merged) }, { onError });
  };
  // Who types on has seen what the others did: from here it goes on from theirs.
  const set = (change: Partial<EditDraft>) =>
    keep(
      found.length > 0
        ? { base: tenant, draft: { ...merged, ...change } }
        : { base, draft: { ...draft, ...change } },
    );
  // What clashed is not known yet; once it is, the button stays, whatever is read again.
  const isUnknown = isConflict && found.length === 0 && fresh.isFetching;
  const isLost = isHestiaError(act.error, "precondition_failed");
  return (
    <Frame
      error={isLost ? undefined : act.error}
      impossible={impossible}
      submit={found.length > 0 ? words.again : words.submit}
      canSubmit={"value" in settings && Object.keys(patch).length > 0 && !isUnknown}
      isPending={act.isPending}
      onSubmit={found.length > 0 ? again : save}
      onClose={() => {
        forget();
        close();
      }}
    >
      {found.length > 0 && <Clashes found={found} />}
      <Fields
        draft={merged}
        set={set}
        tenant={tenant}
        problem={"problem" in settings ? settings.problem : undefined}
      />
    </Frame>
  );
}

function Fields({
  draft,
  set,
  tenant,
  problem,
}: {
  draft: EditDraft;
  set: (change: Partial<EditDraft>) => void;
  tenant: TenantView;
  problem: string | undefined;
}): ReactNode {
  const plans = useQuery({
    queryKey: ["plans", "choice"],
    queryFn: ({ signal }) => client.plans.list({ limit: 100 }, { signal }),
  });
  const known = (plans.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const isHeld = tenant.status === "suspended" || tenant.status === "readonly";
  return (
    <>
      <TextInput
        label={words.name}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        required
        data-autofocus
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={words.plan}
          data={known.length > 0 ? known : [draft.plan]}
          value={draft.plan}
          onChange={(plan) => plan !== null && set({ plan })}
          allowDeselect={false}
        />
        <TextInput
          label={words.domain}
          value={draft.domain}
          onChange={(event) => set({ domain: event.currentTarget.value })}
          spellCheck={false}
          autoCapitalize="none"
        />
        <TimeField
          label={words.trial}
          description={words.trialHelp}
          value={draft.trialEndsAt}
          onChange={(trialEndsAt) => set({ trialEndsAt })}
        />
        <TimeField
          label={words.retain}
          description={words.retainHelp}
          value={draft.retainUntil}
          onChange={(retainUntil) => set({ retainUntil })}
        />
      </SimpleGrid>
      {isHeld && (
        <TimeField
          label={words.review}
          value={draft.reviewAt}
          onChange={(reviewAt) => set({ reviewAt })}
        />
      )}
      <Textarea
        label={words.settings}
        description={words.settingsHelp}
        value={draft.settings}
        onChange={(event) => set({ settings: event.currentTarget.value })}
        error={problem === undefined ? undefined : fill(words.notJson, { problem })}
        styles={{ input: { fontFamily: "var(--hestia-mono)" } }}
        spellCheck={false}
        autosize
        minRows={3}
        maxRows={14}
      />
    </>
  );
}
