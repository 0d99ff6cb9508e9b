// Does one thing to several tenants, a few at a time, and tells of each what came of it. A tenant that changed since it was
// shown is left alone: what is done is what was looked at.
import { etagOf, type TenantView } from "@hestia/api";
import { isHestiaError, type SuspensionMode } from "@hestia/core";
import { useState } from "react";
import { client } from "../app/client.ts";
import { queries } from "../app/queries.ts";

/** What is done. */
export type BulkOrder =
  | {
      readonly action: "suspend";
      readonly reason: string;
      readonly mode: SuspensionMode;
      readonly reviewAt?: Date | undefined;
    }
  | { readonly action: "resume"; readonly reason?: string | undefined };

/** What came of one. */
export type BulkOutcome =
  | { readonly state: "waiting" | "running" | "done" | "late" | "changed" }
  | { readonly state: "failed"; readonly error: unknown };

/** One tenant of a run: what it was, and as it then is. */
export type BulkItem = {
  readonly before: TenantView["status"];
  readonly tenant: TenantView;
  readonly outcome: BulkOutcome;
};

const atOnce = 4;

export function useBulkRun() {
  const [items, setItems] = useState<readonly BulkItem[]>();
  const [last, setLast] = useState<BulkOrder>();
  const note = (tenant: TenantView, outcome: BulkOutcome) =>
    setItems((before) =>
      before?.map((item) => (item.tenant.id === tenant.id ? { ...item, tenant, outcome } : item)),
    );
  const start = async (order: BulkOrder, tenants: readonly TenantView[]) => {
    setLast(order);
    setItems((before) => {
      const all = new Map((before ?? []).map((item) => [item.tenant.id, item]));
      const outcome = { state: "waiting" } as const;
      for (const tenant of tenants) all.set(tenant.id, { before: tenant.status, tenant, outcome });
      return [...all.values()];
    });
    const left = [...tenants];
    const worker = async () => {
      for (let tenant = left.shift(); tenant !== undefined; tenant = left.shift()) {
        note(tenant, { state: "running" });
        note(...(await doOne(order, tenant)));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    void queries.invalidateQueries({ queryKey: ["tenants"] });
  };
  const retry = async () => {
    const failed = (items ?? []).filter(({ outcome }) => outcome.state === "failed");
    const again = failed.map(({ tenant }) => tenant);
    if (last) await start(last, again);
  };
  return { items, start, retry };
}

async function doOne(order: BulkOrder, tenant: TenantView): Promise<[TenantView, BulkOutcome]> {
  const options = { ifMatch: etagOf(tenant), idempotencyKey: crypto.randomUUID() };
  const { id: tenantId } = tenant;
  try {
    const { status, body } = await sendOne(order, tenantId, options);
    return [body, { state: status === 202 ? "late" : "done" }];
  } catch (error) {
    if (isHestiaError(error, "precondition_failed")) return [tenant, { state: "changed" }];
    return [tenant, { state: "failed", error }];
  }
}

function sendOne(
  order: BulkOrder,
  tenantId: TenantView["id"],
  options: { ifMatch: string; idempotencyKey: string },
) {
  if (order.action === "resume")
    return client.tenants.resume.withResponse({ tenantId, reason: order.reason }, options);
  const { reason, mode, reviewAt } = order;
  return client.tenants.suspend.withResponse({ tenantId, reason, mode, reviewAt }, options);
}
