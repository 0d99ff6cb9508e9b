// How long does a new tenant take, from the request to active, with the example's migrations, at rest?
// Through the server: the request, the queue, every step, the answer.

import { type ChildProcess, spawn } from "node:child_process";
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

const counts = { shared: 40, schema: 20, database: 12 };
const operatorKey = "an-operator-key-that-only-this-bench-knows";
const serverFile = fileURLToPath(new URL("../../packages/server/src/main.ts", import.meta.url));
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

function startServer(databaseUrl: string): { url: Promise<string>; stop(): Promise<void> } {
  const child: ChildProcess = spawn(process.execPath, [serverFile], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      HESTIA_SECRET_KEY: "a secret key that only this bench knows, made up",
      HESTIA_OPERATOR_KEY: operatorKey,
      HESTIA_PORT: "0",
      HESTIA_LOG_LEVEL: "error",
    },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = new Promise<string>((resolve, reject) => {
    child.on(
      "message",
      (message: { kind: string; url: string }) => message.kind === "ready" && resolve(message.url),
    );
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
