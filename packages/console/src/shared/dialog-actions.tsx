// The end of a dialog: what it does, and leaving it undone.
import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

export function DialogActions({
  submit,
  onCancel,
  isBusy = false,
  isDisabled = false,
  isDanger = false,
  onSubmit,
}: {
  submit: string;
  onCancel: () => void;
  isBusy?: boolean;
  isDisabled?: boolean;
  isDanger?: boolean;
  /** Absent, it submits the form that it stands in. */
  onSubmit?: () => void;
}): ReactNode {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onCancel} disabled={isBusy}>
        {texts.app.dialog.cancel}
      </Button>
      <Button
        type={onSubmit === undefined ? "submit" : "button"}
        onClick={onSubmit}
        loading={isBusy}
        disabled={isDisabled}
        {...(isDanger ? { color: "red.8" } : {})}
      >
        {submit}
      </Button>
    </Group>
  );
}
