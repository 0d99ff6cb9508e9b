// The SQL of plans. A plan is named by its id, which people choose; tenants refer to it, so it cannot go while they do.
import {
  decodeCursor,
  defaultPlan,
  encodeCursor,
  HestiaError,
  type IsolationModel,
  type JsonObject,
  makePage,
  type Page,
  type Plan,
  type Requirement,
} from "@hestia/core";
import { type Selectable, sql } from "kysely";
import { naming } from "./constraints.ts";
import type { PlatformTx } from "./database.ts";
import type { PageRequest } from "./keysets.ts";
import type { PlatformTables } from "./tables.generated.ts";

/** Returns the plan, or undefined. */
export async function findPlan(tx: PlatformTx, planId: string): Promise<Plan | undefined> {
  const row = await onePlan(tx, planId).executeTakeFirst();
  return row && toPlan(row);
}

/** Returns the plan; throws `plan_not_found`. */
export async function getPlan(tx: PlatformTx, planId: string): Promise<Plan> {
  return (await findPlan(tx, planId)) ?? notFound();
}

/** Returns the plan, which no one else changes until the transaction ends; throws `plan_not_found`. */
export async function lockPlan(tx: PlatformTx, planId: string): Promise<Plan> {
  const row = await onePlan(tx, planId).forNoKeyUpdate().executeTakeFirst();
  return row ? toPlan(row) : notFound();
}

const binding = { sort: "id", filter: {} };

/** Returns one page of plans, in the order of their ids; throws `cursor_invalid`. */
export async function listPlans(
  tx: PlatformTx,
  { limit, cursor }: PageRequest,
): Promise<Page<Plan>> {
  const [after] = cursor === undefined ? [] : decodeCursor(cursor, binding, 1);
  if (after !== undefined && typeof after !== "string") throw new HestiaError("cursor_invalid");
  const rows = await tx
    .selectFrom("plans")
    .selectAll()
    // The same order on every server, whatever its locale.
    .$if(after !== undefined, (query) => query.where(sql<boolean>`id collate "C" > ${after ?? ""}`))
    .orderBy(sql`id collate "C"`)
    .limit(limit + 1)
    .execute();
  const cursorAfter = ({ id }: Plan) => encodeCursor(binding, [id]);
  return makePage(rows.map(toPlan), { limit, cursorAfter });
}

/** Inserts a plan; throws `plan_taken`. */
export async function insertPlan(tx: PlatformTx, plan: Plan): Promise<void> {
  const values = { ...changeable(plan), id: plan.id, created_at: plan.createdAt };
  const errors = { plans_pkey: () => new HestiaError("plan_taken", { planId: plan.id }) };
  await naming(errors, tx.insertInto("plans").values(values).execute());
}

/** Writes a changed plan, which the transaction has locked. */
export async function updatePlan(tx: PlatformTx, plan: Plan): Promise<void> {
  await tx.updateTable("plans").set(changeable(plan)).where("id", "=", plan.id).execute();
}

/** Deletes the plan; throws `plan_in_use` while tenants have it, and for the plan of those that ask for none. */
export async function deletePlan(tx: PlatformTx, planId: string): Promise<void> {
  if (planId === defaultPlan) throw new HestiaError("plan_in_use", { tenants: 0 });
  // A tenant that is being created with it holds its key: this waits for that, and then counts it.
  await onePlan(tx, planId).forUpdate().execute();
  // Of a purged tenant nothing has to be known any more; its audit log still tells which plan it had.
  await tx
    .updateTable("tenants")
    .set({ plan_id: defaultPlan })
    .where("plan_id", "=", planId)
    .where("status", "=", "purged")
    .execute();
  const { tenants } = await tx
    .selectFrom("tenants")
    .select(sql<number>`count(*)::integer`.as("tenants"))
    .where("plan_id", "=", planId)
    .executeTakeFirstOrThrow();
  if (tenants > 0) throw new HestiaError("plan_in_use", { tenants });
  await tx.deleteFrom("plans").where("id", "=", planId).execute();
}

function onePlan(tx: PlatformTx, planId: string) {
  return tx.selectFrom("plans").selectAll().where("id", "=", planId);
}

function changeable(plan: Plan) {
  return {
    name: plan.name,
    description: plan.description ?? null,
    isolation: plan.isolation,
    defaults: JSON.stringify(plan.defaults),
    requires: JSON.stringify(plan.requires),
    trial_days: plan.trialDays ?? null,
    grace_days: plan.graceDays,
    archive_days: plan.archiveDays,
    warm: plan.warm,
    version: plan.version,
    updated_at: plan.updatedAt,
  };
}

function toPlan(row: Selectable<PlatformTables["plans"]>): Plan {
  return {
    id: row.id,
    name: row.name,
    description: row.description ?? undefined,
    isolation: row.isolation as IsolationModel,
    defaults: row.defaults as JsonObject,
    requires: row.requires as unknown as readonly Requirement[],
    trialDays: row.trial_days ?? undefined,
    graceDays: row.grace_days,
    archiveDays: row.archive_days,
    warm: row.warm,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function notFound(): never {
  throw new HestiaError("plan_not_found");
}
