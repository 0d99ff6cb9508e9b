// A tenant's name that leads to it; its id while the name is not known.
import type { TenantId } from "@hestia/core";
import type { ReactNode } from "react";
import { ToAnchor } from "../shared/to.tsx";

export function TenantLink({ id, name }: { id: TenantId; name: string | undefined }): ReactNode {
  return (
    <ToAnchor
      to="/tenants/$tenantId"
      params={{ tenantId: id }}
      className={name === undefined ? "mono" : undefined}
    >
      {name ?? id.slice(0, 8)}
    </ToAnchor>
  );
}
