// Isolation checks in tests: a platform that is whole in itself, and a check that is not waited for to its end.
import { randomBytes } from "node:crypto";
import type { Client } from "@hestia/api";
import { bootstrapPlatform, withClient, withDatabase } from "@hestia/postgres/platform";
import { inject } from "vitest";
import { type Clone, testSecretKey } from "../../../test/templates.ts";
import { until } from "./world.ts";

/**
 * A platform with roles of its own. Clones of the tests' template share theirs, so that the doctor takes the databases of one
 * for what another has lost.
 */
export async function installPlatform(): Promise<Clone> {
  const postgresUrl = inject("postgresUrl");
  const name = `own_${randomBytes(5).toString("hex")}`;
  const run = (sql: string) => withClient(postgresUrl, (client) => client.query(sql));
  await run(`create database ${name}`);
  await run(`revoke all on database ${name} from public`);
  const databaseUrl = withDatabase(postgresUrl, name);
  const dataDatabase = `${name}_data`;
  const booted = await bootstrapPlatform({ databaseUrl, secretKey: testSecretKey, dataDatabase });
  await booted.cluster.close();
  const drop = async () => {
    const { rows } = await run(
      `select format('drop database %I with (force)', datname) as sql from pg_database where datname like '${name}%'
       union all select format('drop role %I', rolname) from pg_roles where rolname like '${name}%'`,
    );
    for (const { sql } of rows) await run(sql);
  };
  const { directoryUrl } = booted;
  return { databaseUrl, directoryUrl, dataDatabase, secretKey: testSecretKey, drop };
}

/** Cancels the check that runs, and waits until it is over. */
export async function cancelCheck(client: Client): Promise<void> {
  const last = async () => (await client.isolationChecks.list({ limit: 1 })).items[0];
  const running = await last();
  if (running?.status !== "running") return;
  await client.operations.cancel({ operationId: running.operationId });
  await until("the check is over", async () => (await last())?.status !== "running", 60_000);
}
