// A tenant's status, by a word and a colour: never by the colour alone.
import type { TenantStatus } from "@hestia/core";
import { Badge } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

const colours: Readonly<Record<TenantStatus, string>> = {
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

/** Its own colour alone would be too faint on its ground. */
const label = { color: "color-mix(in srgb, currentColor 55%, var(--mantine-color-text))" };

export function StatusBadge({ status }: { status: TenantStatus }): ReactNode {
  return (
    <Badge color={colours[status]} variant="light" tt="none" fw={600} styles={{ label }}>
      {texts.tenants.status[status]}
    </Badge>
  );
}
