// A tab of one tenant.
import type { ReactNode } from "react";

export function TimelineTab(): ReactNode {
  return null;
}
