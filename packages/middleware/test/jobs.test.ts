// Jobs through real queues: graphile-worker and pg-boss on PostgreSQL, BullMQ on Redis.
import { HestiaError, makeId, type TenantId } from "@hestia/core";
import { currentTenant, findCurrentTenant, runWithTenant, type Tenant } from "@hestia/postgres";
import { withClient } from "@hestia/postgres/platform";
import { Queue, Worker } from "bullmq";
import { Logger, makeWorkerUtils, type Runner, run, type WorkerUtils } from "graphile-worker";
import { Redis } from "ioredis";
import { PgBoss } from "pg-boss";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type TenantJobs, tenantJobs } from "../src/jobs/index.ts";
import { hasRedis, type RedisServer, startRedis } from "./redis-server.ts";
import { makeWorld, type World } from "./world.ts";

type Order = { readonly id: number };

const secretKey = "a secret key for tests alone, 32 characters and more";
let world: World;
let jobs: TenantJobs;
let queues: Clone;
/** What handlers saw: whose they were, by the context before and after waiting, and by the database. */
const done: string[] = [];

beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"));
  queues = await cloneTemplate(inject("postgresUrl"));
  jobs = tenantJobs({ hestia: world.hestia, secretKey, delaySeconds: 1 });
});
beforeEach(() => void done.splice(0));
afterAll(async () => {
  await world.close();
  await queues.drop();
});

async function work({ id }: Order): Promise<string> {
  const { slug } = currentTenant();
  const { rows } = await currentTenant().query<{ slug: string }>("select slug from whose");
  if (id === 500) throw new Error("the handler's own");
  done.push(`${id} ${slug} ${currentTenant().slug} ${rows[0]?.slug}`);
  return slug;
}

const tenantOf = (slug: string) => world.hestia.tenant(slug);
const seal = async (slug: string, id: number, name = "invoice") =>
  runWithTenant(await tenantOf(slug), () => jobs.seal(name, { id }));
const line = (id: number, slug: string) => `${id} ${slug} ${slug} ${slug}`;
const byText = (a: string, b: string) => (a < b ? -1 : 1);

/** An envelope of shared-1's that says that it is shared-2's. */
async function stolen() {
  return { ...(await seal("shared-1", 66)), tenant: (await tenantOf("shared-2")).id };
}

async function whileSuspended(slug: string, during: () => Promise<void>): Promise<void> {
  const tenant = world.tenants.find((each) => each.slug === slug);
  if (tenant === undefined) throw new Error("no tenant");
  const status = () => world.hestia.find({ slug }).then((entry) => entry?.status);
  await world.setStatus(tenant, "suspended");
  await expect.poll(status, { timeout: 10_000 }).toBe("suspended");
  await during();
  await world.setStatus(tenant, "active");
  await expect.poll(status, { timeout: 10_000 }).toBe("active");
}

describe("a job", () => {
  test("is sealed for the current tenant or the one that is given, and never for none", async () => {
    const tenant = await tenantOf("schema-1");
    expect(() => jobs.seal("invoice", { id: 1 })).toThrow(new HestiaError("context_missing"));
    expect(jobs.seal("invoice", { id: 1 }, tenant)).toMatchObject({ hestia: 1, tenant: tenant.id });
    expect(await seal("schema-1", 1)).toEqual(jobs.seal("invoice", { id: 1 }, tenant));
  });

  test("runs as its tenant, with what was sealed and with what observes it", async () => {
    const seen: string[] = [];
    const traced = tenantJobs({
      hestia: world.hestia,
      secretKey,
      trace: {
        inject: () => ({ traceparent: "00-1" }),
        run: (fields, inner) => {
          seen.push(`trace ${fields.traceparent}`);
          return inner();
        },
      },
      onTenant: ({ slug }) => void seen.push(`${slug} ${findCurrentTenant()?.slug}`),
    });
    const envelope = traced.seal("invoice", { id: 1 }, await tenantOf("database-1"));
    expect(await traced.run("invoice", envelope, work)).toBe("database-1");
    expect(await jobs.run("invoice", envelope, work)).toBe("database-1");
    expect(done).toEqual([line(1, "database-1"), line(1, "database-1")]);
    expect(seen).toEqual(["trace 00-1", "database-1 database-1"]);
    expect(findCurrentTenant()).toBeUndefined();
    const empty = jobs.seal("nightly", undefined, await tenantOf("shared-1"));
    expect(await jobs.run("nightly", empty, (payload) => payload)).toBeNull();
  });

  test("does not run for a tenant that does not serve, or for none", async () => {
    const gone = { id: makeId<TenantId>(0) } as Tenant;
    const code = (envelope: unknown) =>
      jobs.run("invoice", envelope, work).catch((error: { code: string }) => error.code);
    expect(await code(jobs.seal("invoice", { id: 1 }, gone))).toBe("tenant_not_found");
    expect(await code(await stolen())).toBe("job_envelope_invalid");
    const envelope = await seal("shared-2", 1);
    await whileSuspended("shared-2", async () => {
      expect(await code(envelope)).toBe("tenant_suspended");
    });
    expect(done).toEqual([]);
  });
});

describe("with graphile-worker", () => {
  let runner: Runner;
  let utils: WorkerUtils;
  const logger = new Logger(() => () => {});
  const failures: string[] = [];

  beforeAll(async () => {
    utils = await makeWorkerUtils({ connectionString: queues.databaseUrl, logger });
    runner = await run({
      connectionString: queues.databaseUrl,
      noHandleSignals: true,
      pollInterval: 100,
      logger,
      taskList: { invoice: jobs.graphile(work) },
    });
    runner.events.on("job:error", ({ error }) => {
      failures.push((error as { code?: string }).code ?? (error as Error).message);
    });
  });
  beforeEach(() => void failures.splice(0));
  afterAll(async () => {
    await runner.stop();
    await utils.release();
  });

  test("jobs run as their tenants", async () => {
    for (const [at, { slug }] of world.tenants.entries()) {
      await utils.addJob("invoice", await seal(slug, at));
    }
    const expected = world.tenants.map(({ slug }, at) => line(at, slug));
    await expect.poll(() => done.toSorted(byText), { timeout: 10_000 }).toEqual(expected);
  });

  test("what was altered is not run, and is tried until its attempts are used up", async () => {
    await utils.addJob("invoice", await stolen(), { maxAttempts: 1 });
    await utils.addJob("invoice", { id: 67 }, { maxAttempts: 1 });
    const twice = ["job_envelope_invalid", "job_envelope_invalid"];
    await expect.poll(() => failures, { timeout: 10_000 }).toEqual(twice);
    expect(done).toEqual([]);
  });

  test("a suspended tenant's job stays and is tried again", async () => {
    const envelope = await seal("shared-2", 7);
    let id = "";
    await whileSuspended("shared-2", async () => {
      ({ id } = await utils.addJob("invoice", envelope));
      await expect.poll(() => failures, { timeout: 10_000 }).toContain("tenant_suspended");
      expect(done).toEqual([]);
    });
    // Not to wait for its back-off.
    await expect
      .poll(
        async () => {
          await utils.rescheduleJobs([id], { runAt: new Date() });
          return done;
        },
        { timeout: 10_000 },
      )
      .toContain(line(7, "shared-2"));
  });
});

describe("with pg-boss", () => {
  let boss: PgBoss;

  beforeAll(async () => {
    boss = new PgBoss({ connectionString: queues.databaseUrl, schema: "boss" });
    boss.on("error", () => {});
    await boss.start();
    await boss.createQueue("invoice", { retryLimit: 1, retryDelay: 0 });
    await boss.work("invoice", { pollingIntervalSeconds: 0.5 }, jobs.pgBoss(work));
  });
  afterAll(() => boss.stop({ graceful: false }));

  const stateOf = async (id: string | null) => {
    const rows = await withClient(queues.databaseUrl, (client) =>
      client.query("select state, output from boss.job where id = $1", [id]),
    );
    return rows.rows[0] as { state: string; output: { code?: string } | string };
  };
  const settled = (id: string | null, state: string) =>
    expect.poll(async () => (await stateOf(id)).state, { timeout: 20_000 }).toBe(state);

  test("jobs run as their tenants, and their results are kept", async () => {
    const ids = [];
    for (const [at, { slug }] of world.tenants.entries()) {
      ids.push(await boss.send("invoice", await seal(slug, at)));
    }
    const expected = world.tenants.map(({ slug }, at) => line(at, slug));
    await expect.poll(() => done.toSorted(byText), { timeout: 20_000 }).toEqual(expected);
    for (const id of ids) await settled(id, "completed");
  });

  test("what was altered is not run, and fails", async () => {
    const id = await boss.send("invoice", await stolen());
    await settled(id, "failed");
    expect(JSON.stringify(await stateOf(id))).toContain("job_envelope_invalid");
    expect(done).toEqual([]);
  });

  test("a suspended tenant's job is tried as often as the queue says, and then fails", async () => {
    const envelope = await seal("shared-2", 7);
    await whileSuspended("shared-2", async () => {
      const id = await boss.send("invoice", envelope);
      await settled(id, "failed");
      expect(JSON.stringify(await stateOf(id))).toContain("tenant_suspended");
      expect(done).toEqual([]);
    });
  });

  test("a batch fails as one", async () => {
    const handler = jobs.pgBoss<Order, { name: string; data: unknown }, string>(work);
    const batch = [await seal("shared-1", 1), await seal("schema-1", 2)];
    const named = (data: unknown) => ({ name: "invoice", data });
    expect(await handler(batch.map(named))).toEqual(["shared-1", "schema-1"]);
    await expect(handler([...batch, await stolen()].map(named))).rejects.toMatchObject({
      code: "job_envelope_invalid",
    });
  });
});

describe.skipIf(!hasRedis())("with BullMQ", () => {
  let redis: RedisServer;
  let connection: Redis;
  let queue: Queue;
  let worker: Worker;

  beforeAll(async () => {
    redis = await startRedis();
    connection = new Redis({ port: redis.port, maxRetriesPerRequest: null });
    queue = new Queue("invoices", { connection });
    worker = new Worker("invoices", jobs.bullmq(work), { connection });
    worker.on("error", () => {});
  });
  afterAll(async () => {
    await worker?.close();
    await queue?.close();
    connection?.disconnect();
    await redis?.stop();
  });

  const settled = (id: string | undefined, state: string) =>
    expect.poll(() => queue.getJobState(id ?? ""), { timeout: 10_000 }).toBe(state);

  test("jobs run as their tenants, and their results are kept", async () => {
    for (const [at, { slug }] of world.tenants.entries()) {
      const { id } = await queue.add("invoice", await seal(slug, at));
      await settled(id, "completed");
      expect((await queue.getJob(id ?? ""))?.returnvalue).toBe(slug);
    }
    expect(done).toEqual(world.tenants.map(({ slug }, at) => line(at, slug)));
  });

  test("what was altered, or moved to another job, fails for good", async () => {
    const attempts = { attempts: 5 };
    const jobsToFail = [
      await queue.add("invoice", await stolen(), attempts),
      await queue.add("refund", await seal("shared-1", 68), attempts),
    ];
    for (const { id } of jobsToFail) {
      await settled(id, "failed");
      const job = await queue.getJob(id ?? "");
      expect(job?.attemptsMade).toBe(1);
      expect(job?.failedReason).toContain("the seal does not fit");
    }
    expect(done).toEqual([]);
  });

  test("a suspended tenant's job waits, and uses up no attempt", async () => {
    const envelope = await seal("shared-2", 7);
    let id: string | undefined;
    await whileSuspended("shared-2", async () => {
      ({ id } = await queue.add("invoice", envelope));
      await settled(id, "delayed");
      expect(done).toEqual([]);
    });
    await settled(id, "completed");
    expect(done).toEqual([line(7, "shared-2")]);
    expect((await queue.getJob(id ?? ""))?.attemptsMade).toBe(1);
  });

  test("a handler's own error is the handler's", async () => {
    const { id } = await queue.add("invoice", await seal("shared-1", 500), { attempts: 2 });
    await settled(id, "failed");
    const job = await queue.getJob(id ?? "");
    expect([job?.attemptsMade, job?.failedReason]).toEqual([2, "the handler's own"]);
  });
});
