// A tab of one tenant.
import type { ReactNode } from "react";

export function WebhooksTab(): ReactNode {
  return null;
}
