// The dialog that the address names, over whatever tab is open. Closing it changes the address, and gives the focus back.
import type { TenantView } from "@hestia/api";
import { Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { fill } from "../../shared/fill.ts";
import { texts } from "../../texts/index.ts";
import { offersOf } from "../moves.ts";
import { useOpen, useRoomSearch } from "../room.ts";
import type { RoomDialog } from "../room-search.ts";
import { CancelDialog } from "./cancel.tsx";
import { EditDialog } from "./edit.tsx";
import { DeleteDialog, PurgeDialog } from "./end.tsx";
import { LiftHoldDialog, PlaceHoldDialog } from "./holds.tsx";
import { ActivateDialog, RestoreDialog, ResumeDialog } from "./plain.tsx";
import type { DialogProps } from "./props.ts";
import { SuspendDialog } from "./suspend.tsx";
import { ApproveDialog, TokenDialog } from "./verify.tsx";

const words = texts.tenant;

const dialogs: Readonly<
  Record<RoomDialog, { title: string; Content: (props: DialogProps) => ReactNode }>
> = {
  edit: { title: words.edit.title, Content: EditDialog },
  activate: { title: words.activate.title, Content: ActivateDialog },
  suspend: { title: words.suspend.title, Content: SuspendDialog },
  resume: { title: words.resume.title, Content: ResumeDialog },
  delete: { title: words.delete.title, Content: DeleteDialog },
  restore: { title: words.restore.title, Content: RestoreDialog },
  purge: { title: words.purge.title, Content: PurgeDialog },
  hold: { title: words.holds.placeTitle, Content: PlaceHoldDialog },
  lift: { title: words.holds.liftTitle, Content: LiftHoldDialog },
  token: { title: words.verifications.email.title, Content: TokenDialog },
  approve: { title: words.verifications.approval.title, Content: ApproveDialog },
  cancel: { title: words.timeline.cancelTitle, Content: CancelDialog },
};

export function Dialogs({ tenant }: { tenant: TenantView }): ReactNode {
  const { do: name, what } = useRoomSearch();
  const open = useOpen();
  const close = () => {
    open({ do: undefined, what: undefined });
    // What opened it may be gone with the menu that it stood in.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) document.querySelector("h1")?.focus();
    });
  };
  const dialog = name && dialogs[name];
  const impossible = offersOf(tenant).find((each) => each.dialog === name)?.why;
  return (
    <Modal
      opened={dialog !== undefined}
      onClose={close}
      title={dialog && fill(dialog.title, { name: tenant.name })}
      size="lg"
      closeButtonProps={{ "aria-label": words.dialog.close }}
      transitionProps={{ duration: 0 }}
      styles={{ title: { fontWeight: 650, lineHeight: 1.3 } }}
    >
      {dialog && (
        <dialog.Content
          key={`${name} ${what}`}
          tenant={tenant}
          what={what}
          impossible={impossible}
          close={close}
          say={(message) => notifications.show({ message })}
        />
      )}
    </Modal>
  );
}
