// A tenant's status, by a word and a colour: never by the colour alone.
import type { TenantStatus } from "@hestia/core";
import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

/** The colour of each status. */
export const statusColours: Readonly<Record<TenantStatus, string>> = {
  provisioning: "blue",
  pending: "grape",
  active: "teal",
  readonly: "yellow",
  suspended: "orange",
  deleting: "red",
  archived: "gray",
  purged: "gray",
  failed: "red",
};

export function StatusBadge({ status }: { status: TenantStatus }): ReactNode {
  return (
    <Badge color={statusColours[status]} variant="light" tt="none" fw={600}>
      {texts.tenants.status[status]}
    </Badge>
  );
}
