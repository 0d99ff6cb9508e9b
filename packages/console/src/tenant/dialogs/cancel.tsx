// Cancels an operation, which undoes what it did.
import type { OperationId } from "@hestia/core";
import type { ReactNode } from "react";
import { client } from "../../app/client.ts";
import { texts } from "../../texts/index.ts";
import { useAct } from "../use-act.ts";
import { Frame } from "./frame.tsx";
import type { DialogProps } from "./props.ts";

export function CancelDialog({ what = "", close, say }: DialogProps): ReactNode {
  const words = texts.tenant.timeline;
  const act = useAct(client.operations.cancel, () => {
    close();
    say(words.cancelDone);
  });
  return (
    <Frame
      what={words.cancelWhat}
      undo={words.cancelUndo}
      error={act.error}
      submit={words.cancelSubmit}
      isDangerous
      isPending={act.isPending}
      onSubmit={() => act.mutate({ operationId: what as OperationId })}
      onClose={close}
    />
  );
}
