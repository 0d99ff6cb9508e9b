// The SQL of plans.
import type { IsolationModel, JsonObject } from "@hestia/core";
import type { PlatformTx } from "./database.ts";

/** What a tenant has subscribed to. */
export type Plan = {
  readonly id: string;
  readonly name: string;
  readonly isolation: IsolationModel;
  /** The settings that a new tenant of the plan begins with. */
  readonly defaults: JsonObject;
  /** How long a deleted tenant stays as it was before it is archived. */
  readonly graceDays: number;
  /** How long its archive is kept after that. */
  readonly archiveDays: number;
};

/** Returns the plan, or undefined. */
export async function findPlan(tx: PlatformTx, planId: string): Promise<Plan | undefined> {
  const row = await tx
    .selectFrom("plans")
    .select(["id", "name", "isolation", "defaults", "grace_days", "archive_days"])
    .where("id", "=", planId)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      name: row.name,
      isolation: row.isolation as IsolationModel,
      defaults: row.defaults as JsonObject,
      graceDays: row.grace_days,
      archiveDays: row.archive_days,
    }
  );
}
