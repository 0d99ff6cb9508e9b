// What a scope lets in and keeps out, in every model, and how the library gets over a key that is gone.

import { isolationModels } from "@hestia/core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { makeWorld, sendRaw, type World } from "./world.fixture.ts";

describe.each(isolationModels)("the scope of %s tenants", (model) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(inject("postgresUrl"), model);
  });
  afterEach(() => setState("active"));
  afterAll(() => world?.close());

  const partition = () => ({ id: world.attacker.id, isolation: model });
  const setState = (state: Parameters<World["cluster"]["setState"]>[1]) =>
    world.cluster.setState(partition(), state);
  const tenant = () => world.attacker.tenant;

  test("a statement sees the tenant's own rows and the shared tables", async () => {
    const { rows } = await tenant().query(
      "select count(*)::int as orders, (select count(*)::int from countries) as countries, (select order_count()) as counted, hestia.tenant_id() as id from orders",
    );
    expect(rows).toEqual([{ orders: 300, countries: 2, counted: "300", id: tenant().id }]);
  });

  test("a new row belongs to the tenant without being told", async () => {
    const { rows } = await tenant().query(
      "insert into orders (id) values (5000) returning tenant_id",
    );
    expect(rows).toEqual([{ tenant_id: tenant().id }]);
  });

  test("shared tables cannot be written", async () => {
    await expect(tenant().query("insert into countries values ('xx', 'X')")).rejects.toMatchObject({
      code: "42501",
    });
    await expect(tenant().query("update countries set name = 'x'")).rejects.toMatchObject({
      code: "42501",
    });
  });

  test("without a scope a statement fails", async () => {
    const client = await world.rawClient(world.attacker);
    await expect(
      client.query(`select count(*) from ${world.attacker.place}.orders`),
    ).rejects.toMatchObject({ code: "HT001" });
    await expect(
      client.query(`insert into ${world.attacker.place}.orders (tenant_id, id) values ($1, 1)`, [
        tenant().id,
      ]),
    ).rejects.toMatchObject({ code: "HT001" });
  });

  test("a key that is unknown or empty does not open anything", async () => {
    const client = await world.rawClient(world.attacker);
    const text = `select count(*) from ${world.attacker.place}.orders`;
    for (const key of ["unknown", "", "x".repeat(43)])
      expect((await sendRaw(client, world.attacker, text, { key })).error, key).toBe("HT001");
  });

  test("an expired key is refused by the database, and replaced by the library", async () => {
    await world.superuser.query(
      "update hestia.scopes set expires_at = now() - interval '1 second' where tenant_id = $1 and digest <> sha256(convert_to($2, 'UTF8'))",
      [tenant().id, world.attacker.key],
    );
    const { rows } = await tenant().query("select count(*)::int as n from orders where id <= 300");
    expect(rows).toEqual([{ n: 300 }]);
  });

  test("keys that went with a restore are replaced, also at the start of a transaction", async () => {
    await world.superuser.query(
      "delete from hestia.scopes where tenant_id = $1 and digest <> sha256(convert_to($2, 'UTF8'))",
      [tenant().id, world.attacker.key],
    );
    const counted = await tenant().transaction(
      async (tx) =>
        (await tx.query<{ n: number }>("select count(*)::int as n from orders where id <= 300"))
          .rows,
    );
    expect(counted).toEqual([{ n: 300 }]);
  });

  test.each([
    ["provisioning", "tenant_suspended"],
    ["suspended", "tenant_suspended"],
    ["ended", "tenant_ended"],
  ] as const)(
    "a tenant that is %s is refused at once, whatever the directory says",
    async (state, code) => {
      await tenant().query("select 1 from orders limit 1");
      await setState(state);
      await expect(tenant().query("select 1 from orders limit 1")).rejects.toMatchObject({ code });
      await expect(
        tenant().transaction((tx) => tx.query("select 1 from orders limit 1")),
      ).rejects.toMatchObject({ code });
      await setState("active");
      await expect(tenant().query("select 1 from orders limit 1")).resolves.toBeDefined();
    },
  );

  test("a tenant that has moved is told so", async () => {
    await world.superuser.query("select hestia.set_state($1, 'moved')", [tenant().id]);
    await expect(tenant().query("select 1 from orders limit 1")).rejects.toMatchObject({
      code: "tenant_moved",
    });
  });

  test("a read-only tenant reads and does not write", async () => {
    await setState("readonly");
    await expect(tenant().query("select count(*) from orders")).resolves.toBeDefined();
    for (const text of [
      "insert into orders (id) values (6000)",
      "update orders set amount = 1 where id = 1",
      "delete from orders where id = 1",
      "select id from orders where id = 1 for update",
      "with gone as (delete from orders where id = 1 returning id) select * from gone",
    ]) {
      await expect(tenant().query(text), text).rejects.toMatchObject({ code: "tenant_readonly" });
    }
  });

  test("a suspension holds from the next statement of an open transaction", async () => {
    const work = tenant().transaction(async (tx) => {
      await tx.query("insert into scratch (id) values (77)");
      await setState("suspended");
      await tx.query("select count(*) from orders");
    });
    await expect(work).rejects.toMatchObject({ code: "tenant_suspended" });
    await setState("active");
    expect((await tenant().query("select from scratch where id = 77")).rowCount).toBe(0);
  });

  test.each(["insert into scratch (id) values (78)", "select count(*) from orders"])(
    "a transaction with an older snapshot fails after a suspension: %s",
    async (text) => {
      const work = tenant().transaction(
        async (tx) => {
          await tx.query("select count(*) from orders");
          // Does not wait for the transaction to end.
          await setState("suspended");
          await tx.query(text);
        },
        { isolation: "repeatable read" },
      );
      await expect(work).rejects.toMatchObject({ code: "40001" });
    },
  );

  test("a transaction that only reads is told that it does, and not that its tenant does", async () => {
    const work = tenant().transaction((tx) => tx.query("insert into scratch (id) values (79)"), {
      readOnly: true,
    });
    await expect(work).rejects.toMatchObject({ code: "25006" });
  });

  test("a tenant that becomes read-only within a transaction writes no more in it", async () => {
    const work = tenant().transaction(async (tx) => {
      await tx.query("insert into scratch (id) values (80)");
      await tx
        .savepoint(async () => {
          await setState("readonly");
          await tx.query("insert into scratch (id) values (81)");
        })
        .catch(() => {});
      await tx.query("select count(*) from orders");
      await tx.query("insert into scratch (id) values (82)");
    });
    await expect(work).rejects.toMatchObject({ code: "tenant_readonly" });
  });

  test("a transaction is not committed after a suspension", async () => {
    const work = tenant().transaction(async (tx) => {
      await tx.query("insert into scratch (id) values (83)");
      await setState("suspended");
    });
    await expect(work).rejects.toMatchObject({ code: "tenant_suspended" });
    await setState("active");
    expect((await tenant().query("select from scratch where id = 83")).rowCount).toBe(0);
  });

  test("more keys than a tenant may have end early, and none at once", async () => {
    const issue = (index: number) =>
      world.superuser.query("select hestia.issue(sha256($1::bytea), $2)", [
        `many ${index} ${model}`,
        tenant().id,
      ]);
    await issue(0);
    const { key } = world.attacker;
    for (let index = 1; index < 300; index += 1) await issue(index);
    const { rows } = await world.superuser.query(
      "select count(*)::int as n from hestia.scopes where tenant_id = $1 and expires_at > now() + interval '5 minutes'",
      [tenant().id],
    );
    expect(rows).toEqual([{ n: 256 }]);
    const client = await world.rawClient(world.attacker);
    expect((await sendRaw(client, world.attacker, "select 1 as a", { key })).rows).toEqual([
      { a: 1 },
    ]);
  });

  test("a scope is not left for another within its transaction", async () => {
    const client = await world.rawClient(world.attacker);
    await client.query("begin");
    await client.query("select hestia.enter($1)", [world.attacker.key]);
    await client.query("select hestia.enter($1)", [world.attacker.key]);
    await client.query("select hestia.enter('')");
    await client.query("select hestia.enter(null)");
    await expect(client.query("select hestia.enter($1)", ["x".repeat(43)])).rejects.toMatchObject({
      code: "42501",
    });
    await client.query("rollback");
  });

  test("issuing a key and suspending at once leaves no key that is still active", async () => {
    await Promise.all([
      ...Array.from({ length: 20 }, (_, index) =>
        world.superuser.query("select hestia.issue(sha256($1::bytea), $2)", [
          String(index) + model,
          tenant().id,
        ]),
      ),
      setState("suspended"),
    ]);
    const { rows } = await world.superuser.query(
      "select distinct state from hestia.scopes where tenant_id = $1",
      [tenant().id],
    );
    expect(rows).toEqual([{ state: "suspended" }]);
  });
});
