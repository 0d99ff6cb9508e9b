// What an action will do to each of several tenants, by the rules that the server follows, before anything is done.
import type { TenantView } from "@hestia/api";
import {
  canMove,
  type SuspensionMode,
  type Tenant,
  type TenantMove,
  type TenantStatus,
  tenantMoves,
} from "@hestia/core";
import type { BulkAction } from "./list-search.ts";

/** What will become of the tenants: moved, left since they are there already, or not movable. */
export type BulkPreview = {
  readonly to: TenantStatus;
  readonly will: readonly TenantView[];
  readonly same: readonly TenantView[];
  readonly cannot: readonly TenantView[];
};

export function previewBulk(
  action: BulkAction,
  mode: SuspensionMode,
  tenants: readonly TenantView[],
): BulkPreview {
  const move: TenantMove =
    action === "resume" ? "resume" : mode === "readonly" ? "make_readonly" : "suspend";
  const { to } = tenantMoves[move];
  const kinds = Map.groupBy(tenants, (tenant) => {
    if (tenant.status === to) return "same";
    // These moves depend on nothing but the status.
    return canMove(tenant as unknown as Tenant, move) ? "will" : "cannot";
  });
  const { will = [], same = [], cannot = [] } = Object.fromEntries(kinds);
  return { to, will, same, cannot };
}
