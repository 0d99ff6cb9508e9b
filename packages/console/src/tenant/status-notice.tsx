// The tenant's status in a sentence, why it is so, and what comes next of itself.
import type { TenantView } from "@hestia/api";
import type { TenantStatus } from "@hestia/core";
import { Alert, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { formatAgo, formatTime } from "../shared/format.ts";
import { texts } from "../texts/index.ts";

const colours: Partial<Record<TenantStatus, string>> = {
  provisioning: "blue",
  pending: "grape",
  readonly: "yellow",
  suspended: "orange",
  deleting: "red",
  failed: "red",
};

export function StatusNotice({ tenant }: { tenant: TenantView }): ReactNode {
  const words = texts.tenant.notice;
  const { id, status, statusReason } = tenant;
  if (status === "active") return null;
  const next = nextOf(tenant);
  return (
    <Alert color={colours[status] ?? "gray"} variant="light" title={words[status]}>
      <Stack gap={4} fz="sm">
        {statusReason !== undefined && (
          <Text size="sm">
            <b>{words.reason}:</b> {statusReason}
          </Text>
        )}
        {next !== undefined && <Text size="sm">{next}</Text>}
        {status === "purged" && (
          <Link to="/tenants/$tenantId/certificate" params={{ tenantId: id }}>
            {words.certificate}
          </Link>
        )}
        {status === "failed" && (
          <Link to="/tenants/$tenantId/timeline" params={{ tenantId: id }}>
            {words.timeline}
          </Link>
        )}
      </Stack>
    </Alert>
  );
}

function nextOf({ status, endsAt, reviewAt, reviewDueAt }: TenantView): string | undefined {
  const words = texts.tenant.notice;
  const at = (text: string, iso: string) =>
    fill(text, { when: `${formatTime(iso)} (${formatAgo(iso)})` });
  if (reviewDueAt !== undefined) return at(words.reviewDue, reviewDueAt);
  if (reviewAt !== undefined) return at(words.reviewOn, reviewAt);
  if (endsAt === undefined) return undefined;
  return at(status === "archived" ? words.purgedOn : words.archivedOn, endsAt);
}
