// A tab of one tenant.
import type { ReactNode } from "react";

export function OverviewTab(): ReactNode {
  return null;
}
