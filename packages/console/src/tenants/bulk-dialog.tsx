// Suspends or resumes the selected tenants: first what will become of each, then what did.
import { parseReason, type SuspensionMode, type TenantId } from "@hestia/core";
import { Modal, Skeleton, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { BulkForm, type BulkValues } from "./bulk-form.tsx";
import { previewBulk } from "./bulk-preview.ts";
import { BulkResults } from "./bulk-results.tsx";
import { type BulkOrder, useBulkRun } from "./bulk-run.ts";
import type { BulkAction } from "./list-search.ts";
import { select, useSelection } from "./selection.ts";

type BulkDialogProps = { readonly action: BulkAction; onClose(): void };

export default function BulkDialog({ action, onClose }: BulkDialogProps): ReactNode {
  const words = texts.tenants.bulk;
  const selected = useSelection();
  const [ids] = useState(() => [...selected]);
  const isNarrow = useMediaQuery("(max-width: 48em)", undefined, {
    getInitialValueInEffect: false,
  });
  const run = useBulkRun();
  const isRunning =
    run.items?.some(({ outcome }) => outcome.state === "waiting" || outcome.state === "running") ??
    false;
  const close = () => {
    if (isRunning) return;
    // Those that came through are done with; the others can be tried anew.
    const left = (run.items ?? []).filter(
      ({ outcome }) => outcome.state === "failed" || outcome.state === "changed",
    );
    if (run.items) select(left.map(({ tenant }) => tenant.id));
    onClose();
  };
  return (
    <Modal
      opened
      onClose={close}
      title={words.title[action]}
      size="lg"
      fullScreen={isNarrow}
      closeButtonProps={{ "aria-label": words.close, disabled: isRunning }}
    >
      {run.items ? (
        <BulkResults
          action={action}
          items={run.items}
          isRunning={isRunning}
          start={run.start}
          onRetry={() => void run.retry()}
          onClose={close}
        />
      ) : (
        <Preview
          action={action}
          ids={ids}
          onClose={close}
          onConfirm={(order, tenants) => void run.start(order, tenants)}
        />
      )}
    </Modal>
  );
}

type PreviewProps = BulkDialogProps & {
  readonly ids: readonly string[];
  onConfirm(...run: Parameters<ReturnType<typeof useBulkRun>["start"]>): void;
};

function Preview({ action, ids, onClose, onConfirm }: PreviewProps): ReactNode {
  const words = texts.tenants.bulk;
  const [values, setValues] = useState<BulkValues>({ reason: "", mode: "blocked", reviewAt: "" });
  const read = useSelected(ids);
  if (ids.length === 0) return <Text>{words.nothing}</Text>;
  if (read.error) return <Problem error={read.error} retry={() => void read.refetch()} />;
  if (!read.data)
    return (
      <Stack gap="xs" aria-label={words.reading} role="status">
        <Skeleton height={36} />
        <Skeleton height={120} />
      </Stack>
    );
  const preview = previewBulk(action, values.mode, read.data);
  return (
    <BulkForm
      action={action}
      values={values}
      onChange={setValues}
      preview={preview}
      onClose={onClose}
      onConfirm={() => onConfirm(orderOf(action, values), preview.will)}
    />
  );
}

function orderOf(action: BulkAction, { reason, mode, reviewAt }: BulkValues): BulkOrder {
  const why = parseReason(reason).value;
  if (action === "resume") return { action, reason: why };
  return {
    action,
    reason: why ?? "",
    mode: mode satisfies SuspensionMode,
    ...(reviewAt === "" ? {} : { reviewAt: new Date(reviewAt) }),
  };
}

/** The tenants as they now are: the list may show less of them, or older. */
function useSelected(ids: readonly string[]) {
  return useQuery({
    queryKey: ["tenants", "selected", ids],
    queryFn: async ({ signal }) => {
      const read = (tenantId: string) =>
        client.tenants.get({ tenantId: tenantId as TenantId }, { signal });
      const found = [];
      for (let at = 0; at < ids.length; at += 8)
        found.push(...(await Promise.all(ids.slice(at, at + 8).map(read))));
      return found;
    },
  });
}
