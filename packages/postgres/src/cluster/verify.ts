// The proof that ends provisioning: no fault in the catalogue, and no row without a scope for the tenants' own role.

import { HestiaError } from "@hestia/core";
import type pg from "pg";
import { inTransaction } from "./admin.ts";
import { quoted } from "./identifiers.ts";

/** Throws `table_not_isolated` naming the first table that is not sealed. */
export async function verifySealed(
  client: pg.ClientBase,
  { place, app }: { place: string; app: string },
): Promise<void> {
  const { rows: faults } = await client.query<{ relation: string; fault: string }>(
    "select relation::text, fault from hestia.faults($1) union all select relation::text, fault from hestia.excesses($1)",
    [place],
  );
  const fault = faults[0];
  if (fault)
    throw new HestiaError("table_not_isolated", { table: fault.relation, fault: fault.fault });
  const { rows: tables } = await client.query<{ name: string }>(
    "select r.oid::regclass::text as name from hestia.relations($1) r where r.relkind in ('r', 'p')",
    [place],
  );
  for (const { name } of tables) await expectSealed(client, name, app);
}

/** Reads as the tenants' role without a scope: HT001 or, where the table is empty, nothing; a row means that it is open. */
async function expectSealed(client: pg.ClientBase, table: string, app: string): Promise<void> {
  try {
    const seen = await inTransaction(client, async () => {
      await client.query(`set local role ${quoted(app)}`);
      return client.query(`select from ${table} limit 1`);
    });
    if (seen.rowCount === 0) return;
  } catch (error) {
    if ((error as { code?: string }).code === "HT001") return;
    throw error;
  }
  throw new HestiaError("table_not_isolated", { table, fault: "it can be read without a scope" });
}
