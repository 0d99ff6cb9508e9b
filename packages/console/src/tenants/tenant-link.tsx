// A tenant's name that leads to it; its id while the name is not known.
import type { TenantId } from "@hestia/core";
import type { ReactNode } from "react";
import { ToAnchor } from "../shared/to.tsx";

export function TenantLink({
  id,
  name,
  underline = "hover",
}: {
  id: TenantId;
  name: string | undefined;
  /** Within a sentence a link is told apart by more than its colour. */
  underline?: "always" | "hover";
}): ReactNode {
  return (
    <ToAnchor
      to="/tenants/$tenantId"
      params={{ tenantId: id }}
      underline={underline}
      className={name === undefined ? "mono" : undefined}
    >
      {name ?? id.slice(0, 8)}
    </ToAnchor>
  );
}
