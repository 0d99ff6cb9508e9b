// What every dialog of the room is given.
import type { TenantView } from "@hestia/api";

/** What a dialog gets. */
export type DialogProps = {
  readonly tenant: TenantView;
  /** What it is about beside the tenant. */
  readonly what?: string | undefined;
  /** Why it cannot be done now. */
  readonly impossible?: string | undefined;
  readonly close: () => void;
  readonly say: (message: string) => void;
};
