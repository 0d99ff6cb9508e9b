// The dialogs about one webhook; the address says which is open.
import type { WebhookView } from "@hestia/api";
import type { ReactNode } from "react";
import { DeleteWebhookDialog } from "./delete-dialog.tsx";
import { EditWebhookDialog } from "./edit-dialog.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";
import type { WebhookDialog } from "./search.ts";

/** What each dialog gets. */
export type DialogProps = {
  readonly webhook: WebhookView;
  readonly isOpen: boolean;
  readonly onClose: () => void;
};

const dialogs: Readonly<Record<WebhookDialog, (props: DialogProps) => ReactNode>> = {
  edit: EditWebhookDialog,
  rotate: RotateDialog,
  replay: ReplayDialog,
  delete: DeleteWebhookDialog,
};

export function WebhookDialogs({
  webhook,
  dialog,
  onClose,
}: {
  webhook: WebhookView;
  dialog: WebhookDialog | undefined;
  onClose: () => void;
}): ReactNode {
  return Object.entries(dialogs).map(([name, One]) => (
    <One key={name} webhook={webhook} isOpen={dialog === name} onClose={onClose} />
  ));
}
