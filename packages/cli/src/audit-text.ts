// Audit events as people read them.
import type { AuditEventView } from "@hestia/api";
import type { Output } from "./output.ts";
import { renderTable } from "./table.ts";
import { relativeTime } from "./times.ts";

/** Audit events, one a line. */
export function auditTable(events: readonly AuditEventView[], output: Output, now: number): string {
  const columns = [
    { title: "WHEN" },
    { title: "WHAT" },
    { title: "WHO" },
    { title: "TENANT" },
    { title: "WHY", gives: true as const },
  ];
  const rows = events.map(({ at, type, actor, tenantId, reason }) => [
    relativeTime(at, now),
    type,
    actor.name,
    tenantId ?? "",
    reason ?? "",
  ]);
  return renderTable(columns, rows, output);
}
