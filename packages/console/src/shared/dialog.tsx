// A dialog that the address names. Closing it gives the focus back, or to the screen's title where what opened it is gone.
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

export function Dialog({
  title,
  isOpen,
  onClose,
  isLocked = false,
  size = "lg",
  children,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** It does not close by a slip: what it shows is shown once. */
  isLocked?: boolean;
  size?: string;
  children: ReactNode;
}): ReactNode {
  const close = () => {
    onClose();
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) document.querySelector("h1")?.focus();
    });
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={title}
      size={size}
      closeOnClickOutside={false}
      closeOnEscape={!isLocked}
      withCloseButton={!isLocked}
      closeButtonProps={{ "aria-label": texts.app.dialog.close }}
      transitionProps={{ duration: 0 }}
      styles={{ title: { fontWeight: 650, lineHeight: 1.3 } }}
    >
      {children}
    </Modal>
  );
}
