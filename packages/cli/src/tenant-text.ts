// Tenants as people read them.
import { etagOf, type TenantView } from "@hestia/api";
import type { Output } from "./output.ts";
import { statusText } from "./statuses.ts";
import { renderPairs, renderTable } from "./table.ts";
import { fullTime, relativeTime } from "./times.ts";

/** Tenants, one a line. */
export function tenantTable(tenants: readonly TenantView[], output: Output, now: number): string {
  const columns = [
    { title: "SLUG" },
    { title: "NAME", gives: true as const },
    { title: "STATUS" },
    { title: "ISOLATION" },
    { title: "PLAN" },
    { title: "CREATED" },
  ];
  const rows = tenants.map((tenant) => [
    tenant.slug,
    tenant.name,
    statusText(tenant.status, output.colours),
    tenant.isolation,
    tenant.plan,
    relativeTime(tenant.createdAt, now),
  ]);
  return renderTable(columns, rows, output);
}

/** Everything about one tenant. */
export function tenantText(tenant: TenantView, output: Output, now: number): string {
  const { placement, settings } = tenant;
  const reason = tenant.statusReason === undefined ? "" : `: ${tenant.statusReason}`;
  const where = [placement.cluster, placement.database, placement.schema];
  return renderPairs(
    [
      ["slug", output.colours.bold(tenant.slug)],
      ["name", tenant.name],
      ["status", `${statusText(tenant.status, output.colours)}${reason}`],
      [
        "isolation",
        `${tenant.isolation}, in ${where.filter((each) => each !== undefined).join(" / ")}`,
      ],
      ["plan", tenant.plan],
      ["domain", tenant.domain],
      [
        "settings",
        Object.keys(settings).length === 0 ? undefined : JSON.stringify(settings, null, 2),
      ],
      ["trial", tenant.trialEndsAt && `ends ${fullTime(tenant.trialEndsAt, now)}`],
      ["review", reviewText(tenant, now)],
      ["ends", endsText(tenant, now)],
      ["kept", tenant.retainUntil && `until ${fullTime(tenant.retainUntil, now)} at least`],
      ["created", fullTime(tenant.createdAt, now)],
      ["updated", fullTime(tenant.updatedAt, now)],
      ["version", `${tenant.version}, ETag ${etagOf(tenant)}`],
      ["id", tenant.id],
    ],
    output,
  );
}

function reviewText({ reviewAt, reviewDueAt }: TenantView, now: number): string | undefined {
  if (reviewDueAt !== undefined) return `due since ${fullTime(reviewDueAt, now)}`;
  return reviewAt && fullTime(reviewAt, now);
}

/** When its next station is due. While it is being brought back none is. */
function endsText({ status, endsAt }: TenantView, now: number): string | undefined {
  const next = { deleting: "archived", archived: "purged" }[status as string];
  return next && endsAt && `${next} ${fullTime(endsAt, now)}`;
}
