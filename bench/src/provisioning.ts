// How long does a new tenant take, from the request to active, with the example's migrations, at rest?
// Through the server: the request, the queue, every step, the answer.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@hestia/api";
import { isolationModels } from "@hestia/core";
import { withClient, withDatabase } from "@hestia/postgres/cluster";
import { removeEmbedded, startEmbedded } from "@hestia/postgres/embedded";
import { readMigrations } from "@hestia/postgres/platform";
import { median } from "./measure.ts";
import { operatorKey, startServer } from "./server.ts";

const counts = { shared: 40, schema: 20, database: 12 };
const migrations = fileURLToPath(new URL("../../examples/strikes/migrations", import.meta.url));

/** The median and the worst, in milliseconds, by isolation model. */
export async function benchProvisioning() {
  const dataDir = await mkdtemp(join(tmpdir(), "hestia-bench-"));
  const embedded = await startEmbedded({ dataDir });
  await withClient(embedded.url, (client) => client.query("create database hestia"));
  const server = startServer(withDatabase(embedded.url, "hestia"));
  try {
    const client = createClient({ baseUrl: await server.url, key: operatorKey });
    const files = (await readMigrations(migrations)).map(({ set, name, sql }) => ({
      set,
      name,
      sql,
    }));
    await client.migrations.store({ files });
    await client.migrations.up({}, { waitSeconds: 60 });
    const results = [];
    for (const isolation of isolationModels) {
      const times: number[] = [];
      for (let index = 0; index < counts[isolation]; index += 1) {
        const slug = `${isolation}-${index}`;
        const start = performance.now();
        await client.tenants.create({ slug, name: slug, isolation }, { waitSeconds: 60 });
        times.push(performance.now() - start);
      }
      results.push({ isolation, medianMs: median(times), worstMs: Math.max(...times) });
    }
    return results;
  } finally {
    await server.stop();
    await removeEmbedded(dataDir);
  }
}
