// kill -9 at every step of provisioning, in every isolation model: after a restart it completes, nothing is there twice
// and nothing is left behind. A step is held where it is by a lock that the test takes, or by a migration that sleeps.
import { type IsolationModel, isolationModels } from "@hestia/core";
import { withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { ask, createTenant, migrations, until } from "./world.ts";

const steps = [
  "validate",
  "make partition",
  "apply migrations",
  "initial configuration",
  "verify",
  "activate",
] as const;

let clone: Clone;
let server: ServerProcess;

beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
  await ask(clone.databaseUrl, hook);
  server = await startProcess(clone);
  await server.client.migrations.store({ files: migrations });
  // The shared set is there before the first tenant is killed over it.
  await createTenant(server.client, { slug: "first" });
});
afterAll(async () => {
  await server.kill("SIGTERM");
  await clone.drop();
});

const stepStatus = async (operationId: string, name: string) => {
  const rows = await ask<{ status: string }>(
    clone.databaseUrl,
    "select status from platform.operation_steps where operation_id = $1 and name = $2",
    [operationId, name],
  );
  return rows[0]?.status;
};

/** Keeps the end of a step from being written, when its work is done, until `let` is called. */
async function holdStep(name: (typeof steps)[number]): Promise<{ let: () => Promise<void> }> {
  const client = new pg.Client(clone.databaseUrl);
  await client.connect();
  await client.query("select pg_advisory_lock(77)");
  await client.query("update held set name = $1", [name]);
  const letGo = async () => {
    await client.query("update held set name = ''");
    await client.end();
  };
  return { let: letGo };
}

const hook = `
  create table held (name text not null);
  insert into held values ('');
  create function hold() returns trigger language plpgsql as $$ begin
    if exists (select from public.held h where h.name = new.name) then
      perform pg_advisory_xact_lock(77);
    end if;
    return new;
  end $$;
  create trigger hold before update on platform.operation_steps
    for each row when (new.status = 'succeeded') execute function hold();`;

async function leftovers(isolation: IsolationModel, tenantId: string) {
  const data = withDatabase(clone.databaseUrl, clone.dataDatabase);
  const plain = tenantId.replaceAll("-", "");
  const schemas = await ask(data, "select from pg_namespace where nspname like $1", [`%${plain}%`]);
  const databases = await ask(data, "select from pg_database where datname like $1", [
    `%${plain}%`,
  ]);
  const scopes = await ask(data, "select from hestia.tenants where tenant_id = $1", [tenantId]);
  expect([schemas.length, databases.length, scopes.length]).toEqual(
    { shared: [0, 0, 1], schema: [1, 0, 1], database: [0, 1, 0] }[isolation],
  );
}

describe.each(isolationModels)("provisioning a %s tenant", (isolation) => {
  test.each(steps.map((step, index) => [step, index] as const))(
    "completes after kill -9 in “%s”, when its work is done and not yet noted",
    async (name, index) => {
      const held = await holdStep(name);
      const created = await create(`kill-${isolation}-${index}`, isolation);
      await until(`${name} waits to be noted`, () => isHeld());
      await server.kill();
      await held.let();
      expect(await stepStatus(created.operationId, name)).toBe("running");
      server = await startProcess(clone);
      await expectComplete(created, isolation);
    },
  );
});

describe.each(["schema", "database"] as const)("provisioning a %s tenant", (isolation) => {
  test("completes after kill -9 in the middle of its migrations", async () => {
    const slow = {
      set: "tenant" as const,
      name: `000${2 + slowOnes.length}_${isolation}.sql`,
      sql: "select pg_sleep(2); create table slow (id uuid primary key); select hestia.isolate('slow');".replaceAll(
        "slow",
        `slow_${isolation}`,
      ),
    };
    const { files } = await server.client.migrations.get();
    const stored = [...migrations, ...slowOnes].filter((each) =>
      files.some((file) => file.name === each.name),
    );
    slowOnes.push(slow);
    await server.client.migrations.store({ files: [...stored, slow] });
    const created = await create(`middle-${isolation}`, isolation);
    await until("a migration sleeps", async () => {
      const sleeping = "select from pg_stat_activity where wait_event = 'PgSleep'";
      return (await ask(clone.databaseUrl, sleeping)).length > 0;
    });
    await server.kill();
    server = await startProcess(clone);
    await expectComplete(created, isolation);
  });
});

const slowOnes: typeof migrations = [];

const create = (slug: string, isolation: IsolationModel) =>
  server.client.tenants.create({ slug, name: "Killed", isolation }) as ReturnType<
    typeof createTenant
  >;

async function isHeld(): Promise<boolean> {
  const waiting =
    "select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
  return (await ask(clone.databaseUrl, waiting)).length > 0;
}

async function expectComplete(
  { id: tenantId, operationId }: Awaited<ReturnType<typeof createTenant>>,
  isolation: IsolationModel,
): Promise<void> {
  await until("the operation is over", async () => {
    const { status } = await server.client.operations.get({ operationId });
    return status !== "queued" && status !== "running";
  });
  const operation = await server.client.operations.get({ operationId });
  expect(operation).toMatchObject({ status: "succeeded", progress: 1 });
  expect(operation.steps.map((step) => step.status)).toEqual(steps.map(() => "succeeded"));
  expect(await server.client.tenants.get({ tenantId })).toMatchObject({ status: "active" });
  await leftovers(isolation, tenantId);
  const { items } = await server.client.audit.listForTenant({ tenantId });
  expect(items.map((event) => event.type)).toEqual(["tenant.activated", "tenant.created"]);
}
