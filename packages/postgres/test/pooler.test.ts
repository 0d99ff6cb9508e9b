// The same through PgBouncer in transaction mode: server connections are handed from tenant to tenant.

import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connect, type Hestia, type Tenant } from "../src/index.ts";
import { mingle, openDisturbance, settleIn } from "./crowd.fixture.ts";
import {
  type PgBouncer,
  pgbouncerMissing,
  pgbouncerPath,
  startPgBouncer,
} from "./pgbouncer.fixture.ts";
import { loginOf, makeWorld, sendRaw, type World } from "./world.fixture.ts";

if (!pgbouncerPath) process.stderr.write(`${pgbouncerMissing}\n`);

describe.skipIf(!pgbouncerPath).each(["shared", "schema"] as const)(
  "%s tenants behind PgBouncer",
  (model) => {
    let world: World;
    let pooler: PgBouncer;
    let hestia: Hestia;
    const tenants: Tenant[] = [];

    beforeAll(async () => {
      world = await makeWorld(inject("postgresUrl"), model);
      const { hostname, port } = new URL(world.clone.databaseUrl);
      pooler = await startPgBouncer({
        upstream: { host: hostname, port: Number(port) },
        logins: [await loginOf(world, world.attacker)],
        poolSize: 2,
      });
      hestia = await connect({
        databaseUrl: world.clone.directoryUrl,
        secretKey: world.clone.secretKey,
        connectionsMax: 20,
        // Whether it has prepared statements is found out.
        clusters: { default: { host: pooler.host, port: pooler.port } },
      });
      for (let index = 0; index < 25; index += 1) {
        const { slug } = await world.add(model, `pooled-${index}`);
        tenants.push(await hestia.tenant(slug));
      }
      await settleIn(tenants);
    }, 120_000);
    afterAll(async () => {
      await hestia?.close();
      await pooler?.stop();
      await world?.close();
    });

    test("twenty callers on two server connections see their own rows alone", async () => {
      const { strike, close } = await openDisturbance(
        inject("postgresUrl"),
        world.clone.dataDatabase,
      );
      const seen = await mingle(tenants, { callers: 20, statements: 6_000, strike });
      await close();
      expect(seen.unexpected.slice(0, 3)).toEqual([]);
      expect(seen.foreign).toBe(0);
      expect(seen.rows).toBeGreaterThan(6_000);
    }, 120_000);

    test("prepared statements are not promised where they get lost", async () => {
      const { directoryUrl: databaseUrl, secretKey } = world.clone;
      const { host, port } = pooler;
      const clusters = { default: { host, port, preparedStatements: true } };
      await expect(connect({ databaseUrl, secretKey, clusters })).rejects.toMatchObject({
        code: "database_unsuitable",
        message: expect.stringContaining("loses prepared statements between transactions"),
      });
    });

    test("a pooler that takes transactions apart is refused", async () => {
      const { hostname, port } = new URL(world.clone.databaseUrl);
      const apart = await startPgBouncer({
        upstream: { host: hostname, port: Number(port) },
        logins: [await loginOf(world, world.attacker)],
        poolSize: 2,
        mode: "statement",
      });
      try {
        const { directoryUrl: databaseUrl, secretKey } = world.clone;
        const clusters = { default: { host: apart.host, port: apart.port } };
        await expect(connect({ databaseUrl, secretKey, clusters })).rejects.toMatchObject({
          code: "database_unsuitable",
          message: expect.stringContaining("set pool_mode = transaction"),
        });
      } finally {
        await apart.stop();
      }
    });

    test("a directory behind a pooler, where nothing would be heard, is refused", async () => {
      const direct = new URL(world.clone.directoryUrl);
      const login = { user: direct.username, password: decodeURIComponent(direct.password) };
      const front = await startPgBouncer({
        upstream: { host: direct.hostname, port: Number(direct.port) },
        logins: [login],
        poolSize: 2,
      });
      const pooled = new URL(direct.href);
      [pooled.hostname, pooled.port] = [front.host, String(front.port)];
      const { secretKey } = world.clone;
      try {
        await expect(connect({ databaseUrl: pooled.href, secretKey })).rejects.toMatchObject({
          code: "database_unsuitable",
          message: expect.stringContaining("directUrl"),
        });
        const both = await connect({
          databaseUrl: pooled.href,
          directUrl: direct.href,
          secretKey,
        });
        expect((await both.tenant(world.attacker.slug)).id).toBe(world.attacker.id);
        await both.close();
      } finally {
        await front.stop();
      }
    });

    test("a statement without a scope is refused on a connection that has served tenants", async () => {
      const client = await throughPooler(world, pooler);
      for (let turn = 0; turn < 50; turn += 1) {
        await expect(
          client.query(`select count(*) from ${world.victim.place}.orders`),
        ).rejects.toMatchObject({ code: "HT001" });
      }
      await client.end();
    });

    test("what a tenant planted on a server connection is undone by the next scope", async () => {
      const client = await throughPooler(world, pooler);
      await world.superuser.query(
        "grant execute on function pg_catalog.set_config(text, text, boolean) to public",
      );
      try {
        for (let turn = 0; turn < 8; turn += 1) {
          await sendRaw(
            client,
            world.attacker,
            "select set_config('search_path', 'nowhere', false)",
            { named: false },
          );
        }
      } finally {
        await world.superuser.query(
          "revoke execute on function pg_catalog.set_config(text, text, boolean) from public",
        );
      }
      for (let turn = 0; turn < 8; turn += 1) {
        const { rows } = await sendRaw(
          client,
          world.victim,
          "select count(*)::int as n from orders",
          { named: false },
        );
        expect(rows).toEqual([{ n: 300 }]);
      }
      await client.end();
    });

    test("a connection that is closed inside a transaction takes its server connection with it", async () => {
      const client = await throughPooler(world, pooler);
      const name = `x.n${randomBytes(4).toString("hex")}`;
      await world.superuser.query(
        "grant execute on function pg_catalog.set_config(text, text, boolean) to public",
      );
      await client.query("begin");
      const { rows } = await client.query(
        `select pg_backend_pid() as pid, set_config('${name}', 'planted', false)`,
      );
      await world.superuser.query(
        "revoke execute on function pg_catalog.set_config(text, text, boolean) from public",
      );
      await client.end();
      const gone = async () => {
        const { rowCount } = await world.superuser.query(
          "select from pg_stat_activity where pid = $1",
          [rows[0].pid],
        );
        return rowCount === 0;
      };
      await expect.poll(gone, { timeout: 10_000 }).toBe(true);
    });

    test("a statement that the library would not send is refused by the server's rights as well", async () => {
      const client = await throughPooler(world, pooler);
      const outcome = await sendRaw(client, world.attacker, "do $$ begin null; end $$", {
        named: false,
      });
      expect(outcome.error).toBe("42501");
      await client.end();
    });
  },
);

async function throughPooler(world: World, pooler: PgBouncer): Promise<pg.Client> {
  const client = new pg.Client({
    ...(await loginOf(world, world.attacker)),
    host: pooler.host,
    port: pooler.port,
    database: world.clone.dataDatabase,
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}
