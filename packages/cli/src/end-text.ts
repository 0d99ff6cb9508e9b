// What people read about tenants' ends.
import type { CertificateView, HoldView } from "@hestia/api";
import type { Output } from "./output.ts";
import { renderPairs, renderTable } from "./table.ts";
import { fullTime, relativeTime } from "./times.ts";

type Checks = {
  readonly canBeDeleted: boolean;
  readonly canBePurged: boolean;
  readonly items: readonly { readonly keepsFrom: readonly string[]; readonly message: string }[];
};

/** What is in the way, and what goes with the tenant. */
export function checksText(
  { canBeDeleted, canBePurged, items }: Checks,
  { colours }: Output,
): string {
  const may = (can: boolean) => (can ? colours.green("yes") : colours.red("no"));
  const lines = items.map(
    ({ keepsFrom, message }) => `${keepsFrom.length > 0 ? colours.red("✘") : "•"} ${message}`,
  );
  return [
    `can be deleted  ${may(canBeDeleted)}`,
    `can be purged   ${may(canBePurged)}`,
    ...lines,
  ].join("\n");
}

/** A certificate's facts and its stores. */
export function certificateText(certificate: CertificateView, output: Output, now: number): string {
  const { tenantId, issuedAt, reason, requestedBy, erased, stores, kept, sha256 } = certificate;
  const lines = (texts: readonly string[]) => texts.join("\n") || undefined;
  return renderPairs(
    [
      ["tenant", tenantId],
      ["issued", fullTime(issuedAt, now)],
      ["asked for by", requestedBy],
      ["reason", reason],
      ["erased", lines(erased.map(({ name, rows }) => `${name}: ${rows} rows`))],
      ["found empty", lines(stores.map(({ store }) => store))],
      ["kept", lines(kept.map(({ store, why }) => `${store}: ${why}`))],
      ["sha256", sha256],
    ],
    output,
  );
}

/** Legal holds, one a line. */
export function holdTable(holds: readonly HoldView[], output: Output, now: number): string {
  const columns = [
    { title: "ID" },
    { title: "REASON", gives: true as const },
    { title: "PLACED" },
    { title: "LIFTED" },
  ];
  const rows = holds.map(({ id, reason, placedAt, liftedAt }) => [
    id,
    reason,
    relativeTime(placedAt, now),
    liftedAt === undefined ? "" : relativeTime(liftedAt, now),
  ]);
  return renderTable(columns, rows, output);
}
