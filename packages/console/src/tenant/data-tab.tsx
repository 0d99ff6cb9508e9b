// A tab of one tenant.
import type { ReactNode } from "react";

export function DataTab(): ReactNode {
  return null;
}
