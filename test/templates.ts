// Databases made once per run that test files clone instead of bootstrapping their own: a platform, its data database
// and the template of tenants' databases. Roles belong to the server, so all clones share them.
import { randomBytes } from "node:crypto";
import { bootstrapPlatform, withClient, withDatabase } from "@hestia/postgres/platform";
import { prepareQueue } from "@hestia/server";
import type { TestProject } from "vitest/node";

const template = "hestia_template";

/** What the logins of every clone are sealed with. */
export const testSecretKey = "a secret key for tests alone, 32 characters and more";

/** A platform of a test file's own. */
export type Clone = {
  /** The administrator's URL of the platform database. */
  readonly databaseUrl: string;
  /** What `connect` takes. */
  readonly directoryUrl: string;
  readonly dataDatabase: string;
  readonly secretKey: string;
  /** Removes the clone's databases, also those of its tenants. */
  drop(): Promise<void>;
};

/** Called by the global set-up when the server accepts connections, before any test file runs. */
export async function prepareTemplates(url: string, _project: TestProject): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select datname as name from pg_database where datname like $1",
      [`${template}%`],
    );
    for (const { name } of rows) await client.query(`drop database ${name} with (force)`);
    await client.query(`create database ${template}`);
  });
  const databaseUrl = withDatabase(url, template);
  const { cluster } = await bootstrapPlatform({ databaseUrl, secretKey: testSecretKey });
  await cluster.close();
  await prepareQueue(databaseUrl);
}

/** Clones the prepared platform; `postgresUrl` is what the global set-up provides. */
export async function cloneTemplate(postgresUrl: string): Promise<Clone> {
  const name = `t_${randomBytes(6).toString("hex")}`;
  const dataDatabase = `${name}_data`;
  await withClient(postgresUrl, async (client) => {
    for (const part of ["", "_data", "_data_template"]) {
      await client.query(`create database ${name}${part} template ${template}${part}`);
      await client.query(`revoke all on database ${name}${part} from public`);
    }
    await client.query(
      `grant connect on database ${name}, ${dataDatabase} to ${template}_directory`,
    );
    await client.query(`grant connect on database ${dataDatabase} to ${template}_app_1`);
  });
  const databaseUrl = withDatabase(postgresUrl, name);
  await withClient(databaseUrl, (client) =>
    client.query("update platform.clusters set data_database = $1", [dataDatabase]),
  );
  // Finds everything there, and tells the directory's URL.
  const { cluster, directoryUrl } = await bootstrapPlatform({
    databaseUrl,
    secretKey: testSecretKey,
  });
  await cluster.close();
  const drop = () => dropClone(postgresUrl, name);
  return { databaseUrl, directoryUrl, dataDatabase, secretKey: testSecretKey, drop };
}

async function dropClone(postgresUrl: string, name: string): Promise<void> {
  const tenants = await withClient(withDatabase(postgresUrl, name), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select database_name as name from platform.tenants where database_name is not null
       union select c.role_prefix || '_t_' || replace(w.id::text, '-', '') from platform.warm_partitions w
         join platform.clusters c on c.id = w.cluster_id where w.isolation = 'database'`,
    );
    return rows.map((row) => row.name);
  });
  await withClient(postgresUrl, async (client) => {
    for (const database of [...tenants, name, `${name}_data`, `${name}_data_template`])
      await client.query(`drop database if exists ${database} with (force)`);
    for (const login of tenants) await client.query(`drop role if exists ${login}`);
  });
}
