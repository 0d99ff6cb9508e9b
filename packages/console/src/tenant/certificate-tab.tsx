// A tab of one tenant.
import type { ReactNode } from "react";

export function CertificateTab(): ReactNode {
  return null;
}
