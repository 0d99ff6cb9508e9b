// The connections of many tenants: shared out fairly, within one budget, and none stopped by another's database.

import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { withDatabase } from "../src/cluster/admin.ts";
import { type ConnectOptions, connect, type Hestia } from "../src/index.ts";
import { type Member, makeWorld, type World } from "./world.fixture.ts";

let world: World;
const shared: Member[] = [];
const own: Member[] = [];
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "shared");
  for (const slug of ["a", "b", "c"]) shared.push(await world.add("shared", `shared-${slug}`));
  for (const slug of ["a", "b", "c", "d", "e", "f"])
    own.push(await world.add("database", `own-${slug}`));
});
afterAll(() => world?.close());

async function withHestia<T>(
  options: Partial<ConnectOptions>,
  work: (hestia: Hestia) => Promise<T>,
): Promise<T> {
  const { directoryUrl: databaseUrl, secretKey } = world.clone;
  const hestia = await connect({ databaseUrl, secretKey, ...options });
  try {
    return await work(hestia);
  } finally {
    await hestia.close();
  }
}

const gaugesOf = (hestia: Hestia) => hestia.connections().default;
const slugOf = (members: readonly Member[], at: number) => (members[at] as Member).slug;

test("a tenant that floods does not keep another waiting behind its line", () =>
  withHestia({ connectionsMax: 4 }, async (hestia) => {
    const [flood, quiet] = [
      await hestia.tenant(slugOf(shared, 0)),
      await hestia.tenant(slugOf(shared, 1)),
    ];
    let done = 0;
    const flooding = Array.from({ length: 100 }, () =>
      flood.query("select pg_sleep(0.03)").then(() => {
        done += 1;
      }),
    );
    await expect.poll(() => gaugesOf(hestia)?.waiting ?? 0).toBeGreaterThan(50);
    const before = done;
    await quiet.query("select 1");
    // Its turn came with the first connection that became free: those that ran, and no other round of the flood.
    expect(done - before).toBeLessThanOrEqual(8);
    const { tenants } = gaugesOf(hestia) ?? { tenants: [] };
    expect(tenants.find(({ tenantId }) => tenantId === flood.id)?.waiting).toBeGreaterThan(0);
    await Promise.all(flooding);
    expect(gaugesOf(hestia)).toMatchObject({ busy: 0, waiting: 0, refused: 0, timedOut: 0 });
  }));

test("beside others a tenant leaves room, alone it uses all but one", () =>
  withHestia({ connectionsMax: 16 }, async (hestia) => {
    const [flood, quiet] = [
      await hestia.tenant(slugOf(shared, 0)),
      await hestia.tenant(slugOf(shared, 1)),
    ];
    const active = () =>
      gaugesOf(hestia)?.tenants.find(({ tenantId }) => tenantId === flood.id)?.active ?? 0;
    const run = () => Array.from({ length: 30 }, () => flood.query("select pg_sleep(0.1)"));
    const alone = run();
    await expect.poll(active).toBe(15);
    await Promise.all(alone);
    await quiet.query("select 1");
    const beside = run();
    let most = 0;
    for (const each of beside) {
      most = Math.max(most, active());
      await each;
    }
    expect(most).toBe(14);
  }));

test.each([4, 5, 16])(
  "a tenant that was alone does not keep the next one waiting: %i connections",
  (connectionsMax) =>
    withHestia({ connectionsMax, waitMs: 60_000 }, async (hestia) => {
      const [flood, ...next] = await Promise.all(
        [0, 1, 2].map((index) => hestia.tenant(slugOf(shared, index))),
      );
      let ended = 0;
      const count = () => {
        ended += 1;
      };
      // Those that still wait when it closes are refused.
      const long = Array.from({ length: 40 }, () =>
        flood?.query("select pg_sleep(1)").then(count, count),
      );
      await expect.poll(() => gaugesOf(hestia)?.busy).toBe(connectionsMax - 1);
      for (const tenant of next) await tenant.query("select 1");
      expect(ended).toBeLessThan(connectionsMax * 2);
      await Promise.all(long.slice(0, connectionsMax));
    }),
);

test("a tenant of twice the weight is given twice the connections", () =>
  withHestia(
    { connectionsMax: 10, weightOf: ({ slug }) => (slug === "shared-a" ? 2 : 1) },
    async (hestia) => {
      const [heavy, light] = [
        await hestia.tenant(slugOf(shared, 0)),
        await hestia.tenant(slugOf(shared, 1)),
      ];
      const work = [heavy, light].flatMap((tenant) =>
        Array.from({ length: 60 }, () => tenant.query("select pg_sleep(0.1)")),
      );
      const active = () => {
        const { tenants } = gaugesOf(hestia) ?? { tenants: [] };
        return [heavy, light].map(({ id }) => tenants.find((each) => each.tenantId === id)?.active);
      };
      await expect.poll(active, { interval: 10 }).toEqual([6, 3]);
      await Promise.all(work);
    },
  ));

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "much" as unknown as number])(
  "a weight that is none is refused: %s",
  (weight) =>
    withHestia({ weightOf: () => weight }, async (hestia) => {
      const tenant = await hestia.tenant(slugOf(shared, 0));
      const refusal = `weightOf gave ${weight} for shared-a: a weight is a number above 0.`;
      await expect(tenant.query("select 1")).rejects.toThrow(refusal);
      await expect(tenant.session()).rejects.toThrow(refusal);
    }),
);

test("a full line refuses at once, a long wait ends, and nothing else suffers", () =>
  withHestia({ connectionsMax: 1, waitingMax: 3, waitMs: 600 }, async (hestia) => {
    const [busy, other] = [
      await hestia.tenant(slugOf(shared, 0)),
      await hestia.tenant(slugOf(shared, 1)),
    ];
    await Promise.all([busy.query("select 1"), other.query("select 1")]);
    const slow = busy.query("select pg_sleep(2)");
    await expect.poll(() => gaugesOf(hestia)?.busy).toBe(1);
    const waiting = Array.from({ length: 3 }, () => busy.query("select 1"));
    const outcomes = Promise.allSettled(waiting);
    await expect(busy.query("select 1")).rejects.toMatchObject({
      code: "tenant_busy",
      details: { retryAfterSeconds: 1 },
    });
    await expect(other.query("select 1")).rejects.toMatchObject({
      code: "database_busy",
      details: { retryAfterSeconds: 1 },
    });
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "database_busy" } });
    await slow;
    expect((await other.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
    expect(gaugesOf(hestia)).toMatchObject({ refused: 1, timedOut: 4, waiting: 0 });
  }));

test("many transactions on few connections come to their ends", () =>
  withHestia({ connectionsMax: 2 }, async (hestia) => {
    const tenants = await Promise.all(shared.map(({ slug }) => hestia.tenant(slug)));
    const work = Array.from({ length: 60 }, (_, index) =>
      (tenants[index % tenants.length] as (typeof tenants)[0]).transaction(async (tx) => {
        await tx.query("insert into scratch (id) values ($1)", [1_000 + index]);
        return (await tx.query("select id from scratch where id = $1", [1_000 + index])).rowCount;
      }),
    );
    expect(await Promise.all(work)).toEqual(Array(60).fill(1));
  }));

test("databases of tenants share one budget, and each is served", () =>
  withHestia({ connectionsMax: 3 }, async (hestia) => {
    const tenants = await Promise.all([...own, ...shared].map(({ slug }) => hestia.tenant(slug)));
    const logins = [...own.map(({ database }) => database), `${world.rolePrefix}_app_1`];
    const databases = [...own.map(({ database }) => database), world.clone.dataDatabase];
    let most = 0;
    let watching = true;
    const watch = (async () => {
      while (watching) {
        const { rows } = await world.platform.query(
          "select count(*)::int as n from pg_stat_activity where usename = any ($1) and datname = any ($2) and application_name = 'hestia'",
          [logins, databases],
        );
        most = Math.max(most, rows[0].n);
        expect(gaugesOf(hestia)?.open ?? 0).toBeLessThanOrEqual(3);
      }
    })();
    const before = (
      await world.platform.query(
        "select count(*)::int as n from pg_stat_activity where usename = any ($1) and datname = any ($2) and application_name = 'hestia'",
        [logins, databases],
      )
    ).rows[0].n as number;
    const work = Array.from({ length: 200 }, async (_, index) => {
      const tenant = tenants[index % tenants.length] as (typeof tenants)[0];
      return (await tenant.query("select hestia.tenant_id() as id")).rows[0]?.id === tenant.id;
    });
    expect(await Promise.all(work)).toEqual(Array(200).fill(true));
    watching = false;
    await watch;
    // Connections of the world's own Hestia may be among them.
    expect(most - before).toBeLessThanOrEqual(3);
  }));

describe("a database that does not serve", () => {
  test("fails alone, is not asked again and again, and recovers", () =>
    withHestia({ connectionsMax: 4 }, async (hestia) => {
      const { database, slug } = own[0] as Member;
      const [broken, other] = [await hestia.tenant(slug), await hestia.tenant(slugOf(own, 1))];
      await world.platform.query(`alter database "${database}" with allow_connections false`);
      try {
        const asked = await Promise.allSettled(
          Array.from({ length: 50 }, () => broken.query("select 1")),
        );
        expect(asked.every(({ status }) => status === "rejected")).toBe(true);
        expect((await other.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
      } finally {
        await world.platform.query(`alter database "${database}" with allow_connections true`);
      }
      await expect
        .poll(
          () =>
            broken.query("select 1 as a").then(
              ({ rows }) => rows,
              () => [],
            ),
          { timeout: 15_000 },
        )
        .toEqual([{ a: 1 }]);
    }));

  test("and does not even answer takes nothing from the others", async () => {
    const silent = await silentFor((own[0] as Member).database, world.clone.databaseUrl);
    const { port } = silent.address() as { port: number };
    try {
      await withHestia(
        { connectionsMax: 4, waitMs: 6_000, clusters: { default: { host: "127.0.0.1", port } } },
        async (hestia) => {
          const hung = await hestia.tenant(slugOf(own, 0));
          const asked = Promise.allSettled(
            Array.from({ length: 30 }, () => hung.query("select 1")),
          );
          const others = await Promise.all(own.slice(1).map(({ slug }) => hestia.tenant(slug)));
          const answers = await Promise.all(
            Array.from({ length: 60 }, (_, index) =>
              (others[index % others.length] as (typeof others)[0]).query("select 1 as a"),
            ),
          );
          expect(answers.every(({ rows }) => rows[0]?.a === 1)).toBe(true);
          expect(opened(silent)).toBe(1);
          for (const outcome of await asked)
            expect(outcome).toMatchObject({
              status: "rejected",
              reason: { code: expect.stringMatching(/^database_(busy|unavailable)$/) },
            });
        },
      );
    } finally {
      for (const socket of silentSockets) socket.destroy();
      silent.close();
    }
  });
});

test("connections that die idle are replaced", () =>
  withHestia({ connectionsMax: 2 }, async (hestia) => {
    const tenant = await hestia.tenant(slugOf(own, 2));
    const pid = async () => (await tenant.query("select pg_backend_pid() as pid")).rows[0]?.pid;
    const first = await pid();
    await world.platform.query("select pg_terminate_backend($1)", [first]);
    await expect.poll(() => gaugesOf(hestia)?.open).toBe(0);
    expect(await pid()).not.toBe(first);
  }));

test("a server that does not answer the goodbye keeps no place in the budget", async () => {
  const proxy = await silentFor("none", world.clone.databaseUrl);
  const { port } = proxy.address() as { port: number };
  try {
    await withHestia(
      { connectionsMax: 1, clusters: { default: { host: "127.0.0.1", port } } },
      async (hestia) => {
        const [first, second] = [
          await hestia.tenant(slugOf(own, 1)),
          await hestia.tenant(slugOf(own, 2)),
        ];
        await first.query("select 1");
        mute();
        expect((await second.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
      },
    );
  } finally {
    for (const socket of silentSockets) socket.destroy();
    proxy.close();
  }
});

test("databases on one connection that is slow to open take turns, and none takes it from another unused", async () => {
  const proxy = await silentFor("none", world.clone.databaseUrl, 150);
  const { port } = proxy.address() as { port: number };
  try {
    await withHestia(
      { connectionsMax: 1, clusters: { default: { host: "127.0.0.1", port } } },
      async (hestia) => {
        const tenants = [
          await hestia.tenant(slugOf(own, 1)),
          await hestia.tenant(slugOf(own, 2)),
          await hestia.tenant(slugOf(own, 4)),
        ];
        const asked = tenants.map((tenant) => tenant.query("select 1 as a"));
        for (const { rows } of await Promise.all(asked)) expect(rows).toEqual([{ a: 1 }]);
      },
    );
  } finally {
    for (const socket of silentSockets) socket.destroy();
    proxy.close();
  }
}, 20_000);

test("that somebody cancelled the opening of a connection is not told as if it were the statement", () =>
  withHestia({ connectionsMax: 2 }, async (hestia) => {
    const { database, slug } = own[3] as Member;
    const tenant = await hestia.tenant(slug);
    await tenant.query("select 1");
    const isOurs = "datname = $1 and application_name = 'hestia' and usename = $1";
    const hold = new pg.Client({
      connectionString: withDatabase(world.clone.databaseUrl, database),
    });
    await hold.connect();
    try {
      await hold.query("begin");
      await hold.query("lock table hestia.scopes in access exclusive mode");
      await hold.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${isOurs}`, [
        database,
      ]);
      await expect.poll(() => gaugesOf(hestia)?.open).toBe(0);
      const outcome = tenant.query("select 1").then(
        () => "answered",
        (error: { code?: string }) => error.code,
      );
      let told: unknown;
      void outcome.then((code) => {
        told = code;
      });
      const cancel = `select pg_cancel_backend(pid) from pg_stat_activity where ${isOurs} and wait_event_type = 'Lock'`;
      await expect
        .poll(() => world.platform.query(cancel, [database]).then(() => told), { timeout: 20_000 })
        .toBe("database_unavailable");
    } finally {
      await hold.end();
    }
    await expect
      .poll(() =>
        tenant.query("select 1 as a").then(
          ({ rows }) => rows,
          () => [],
        ),
      )
      .toEqual([{ a: 1 }]);
  }));

test("closing waits for what runs, and refuses what comes after", async () => {
  const { directoryUrl: databaseUrl, secretKey } = world.clone;
  const hestia = await connect({ databaseUrl, secretKey, connectionsMax: 2 });
  const tenant = await hestia.tenant(slugOf(shared, 0));
  const running = tenant.query("select pg_sleep(0.3), 1 as a");
  await expect.poll(() => gaugesOf(hestia)?.busy).toBe(1);
  const closing = hestia.close();
  await expect(tenant.query("select 1")).rejects.toMatchObject({ code: "database_unavailable" });
  expect((await running).rows).toMatchObject([{ a: 1 }]);
  await closing;
});

test("closing does not wait for ever for a client that nobody gives back", async () => {
  const { directoryUrl: databaseUrl, secretKey } = world.clone;
  const hestia = await connect({ databaseUrl, secretKey, connectionsMax: 2 });
  const client = await hestia.pool(slugOf(shared, 0)).connect();
  await client.query("begin");
  await client.query("insert into scratch (id) values (9001)");
  await hestia.close();
  await expect(client.query("commit")).rejects.toMatchObject({ code: "database_unavailable" });
  const { rows } = await (shared[0] as Member).tenant.query("select from scratch where id = 9001");
  expect(rows).toEqual([]);
}, 30_000);

test.each([{ connectionsMax: 0 }, { waitingMax: -1 }, { waitMs: Number.NaN }])(
  "a limit that is none is refused: %j",
  async (options) => {
    const { directoryUrl: databaseUrl, secretKey } = world.clone;
    await expect(connect({ databaseUrl, secretKey, ...options })).rejects.toMatchObject({
      code: "invalid_input",
    });
  },
);

const silentSockets = new Set<Socket>();
const silentCounts = new WeakMap<Server, number>();
const opened = (server: Server) => silentCounts.get(server) ?? 0;

/** Has whatever goes through the proxies stop where it is; neither side hears of it. */
function mute(): void {
  for (const socket of silentSockets) socket.unpipe().pause();
}

/** A way to the server on which one database never answers, and all are slow to. */
async function silentFor(database: string, url: string, delayMs = 0): Promise<Server> {
  const { hostname, port } = new URL(url);
  const server = createServer((socket) => {
    silentSockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", async (startup: Buffer) => {
      socket.pause();
      await setTimeout(delayMs);
      socket.resume();
      if (startup.includes(`${database}\0`)) {
        silentCounts.set(server, opened(server) + 1);
        return;
      }
      const upstream = dial(Number(port), hostname);
      silentSockets.add(upstream);
      upstream.on("error", () => socket.destroy());
      upstream.write(startup);
      socket.pipe(upstream).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
