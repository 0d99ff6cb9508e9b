// Two hundred creations at once over two servers, of twenty slugs and a hundred idempotency keys: each slug comes into being
// once, everyone else is told, whoever asks twice gets the same answer, and of the rest there is nothing.
import { isHestiaError, isolationModels } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { ask, type createTenant, migrations, until } from "./world.ts";

let clone: Clone;
let servers: ServerProcess[];
beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
  servers = await Promise.all([startProcess(clone), startProcess(clone)]);
  await servers[0]?.client.migrations.store({ files: migrations });
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill("SIGTERM")));
  await clone.drop();
});

const slugs = Array.from({ length: 20 }, (_, index) => `slug-${index}`);
const count = async (sql: string, url = clone.databaseUrl) =>
  (await ask<{ count: number }>(url, `select count(*)::integer as count ${sql}`))[0]?.count;

test("clashing creations end as one of each", async () => {
  const asked = slugs.flatMap((slug, index) =>
    Array.from({ length: 10 }, (_, at) => ({
      // Two with each key, one at each server.
      key: `${slug}-${at % 5}`,
      server: servers[at < 5 ? 0 : 1] as ServerProcess,
      input: { slug, name: `${slug}, the ${at % 5}th`, isolation: isolationModels[index % 3] },
    })),
  );
  const create = async ({ key, server, input }: (typeof asked)[number]): Promise<string> => {
    let answer: string | undefined;
    await until(
      "the first with the key is answered",
      async () => {
        try {
          const made = await server.client.tenants.create(input as never, { idempotencyKey: key });
          answer = (made as Awaited<ReturnType<typeof createTenant>>).id;
        } catch (error) {
          if (!isHestiaError(error)) throw error;
          // What asks to be tried again is, as any client would.
          const isPassing = error.kind === "unavailable" || error.code === "idempotency_in_flight";
          if (!isPassing) answer = error.code;
        }
        return answer !== undefined;
      },
      50_000,
    );
    return answer ?? "";
  };
  const answers = await Promise.all(
    asked.map(async (each) => ({ ...each, answer: await create(each) })),
  );
  for (const [key, both] of Map.groupBy(answers, (each) => each.key))
    expect(new Set(both.map(({ answer }) => answer)).size, key).toBe(1);
  for (const [slug, all] of Map.groupBy(answers, ({ input }) => input.slug)) {
    const made = all.filter(({ answer }) => answer !== "tenant_slug_taken");
    expect(made.length, slug).toBe(2);
    expect(new Set(made.map(({ key }) => key)).size, slug).toBe(1);
  }
  await until(
    "all are made",
    async () => (await count("from platform.tenants where status = 'active'")) === 20,
    50_000,
  );
  expect(await count("from platform.tenants")).toBe(20);
  expect(await count("from platform.operations")).toBe(20);
  expect(await count("from platform.operations where status <> 'succeeded'")).toBe(0);
  expect(await count("from platform.audit_events where type = 'tenant.created'")).toBe(20);
  await until("the queue is empty", async () => (await count("from graphile_worker.jobs")) === 0);
  expect(await count("from platform.idempotency_keys where key like 'slug-%'")).toBe(20);
  expect(await count("from platform.idempotency_keys where status is null")).toBe(0);
  const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
  const of = (model: string) =>
    answers.filter(({ input }) => input.isolation === model).length / 10;
  expect(await count("from hestia.tenants", data)).toBe(of("shared") + of("schema"));
  expect(await count("from pg_namespace where nspname like 't\\_%'", data)).toBe(of("schema"));
  const rows = await ask<{ id: string }>(clone.databaseUrl, "select id from platform.tenants");
  const databases = await ask<{ name: string }>(data, "select datname as name from pg_database");
  const owned = rows.filter(({ id }) =>
    databases.some(({ name }) => name.endsWith(id.replaceAll("-", ""))),
  );
  expect(owned).toHaveLength(of("database"));
});
