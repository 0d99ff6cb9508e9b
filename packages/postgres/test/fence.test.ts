// Fences of a cluster: whoever took the work up last writes, and nobody before.
import { isolationModels } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { FenceLost } from "../src/cluster/fence.ts";
import { applicationFiles, makeWorld, type World } from "./world.fixture.ts";

describe.each(isolationModels)("work on a %s tenant", (model) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(inject("postgresUrl"), model);
  });
  afterAll(() => world?.close());

  test("is refused to whoever was taken over from, in every way of writing", async () => {
    const tenant = await world.add(model, "fenced");
    const fenceOf = (token: string) => ({ subject: tenant.id, token });
    const stale = world.cluster.fenced(fenceOf("7"));
    await stale.setState(tenant, "readonly");
    const heir = world.cluster.fenced(fenceOf("8"));
    await heir.setState(tenant, "active");
    const writes = [
      () => stale.makePartition(tenant),
      () => stale.migratePartition(tenant, []),
      () => stale.setState(tenant, "suspended"),
      () => stale.verifyPartition(tenant),
      () => stale.dropPartition(tenant),
    ];
    for (const write of writes) await expect(write()).rejects.toBeInstanceOf(FenceLost);
    expect(await world.cluster.stateOf(tenant)).toBe("active");
    await heir.makePartition(tenant);
  });

  test("ends with its sessions when another takes it up", async () => {
    const tenant = await world.add(model, "frozen");
    const { superuser } = world;
    const stale = world.cluster.fenced({ subject: tenant.id, token: "3" });
    const waits = {
      set: "tenant" as const,
      name: "0009_waits.sql",
      sql: "select pg_sleep(600)",
      checksum: "x",
    };
    const frozen = stale
      .migratePartition(tenant, [...applicationFiles, waits])
      .catch((error: Error) => error);
    await expect
      .poll(
        async () =>
          (
            await superuser.query(
              "select from pg_stat_activity where wait_event = 'PgSleep' and application_name = $1",
              [`hestia ${tenant.id} 3`],
            )
          ).rowCount,
        { timeout: 20_000 },
      )
      .toBe(1);
    await world.cluster.fenced({ subject: tenant.id, token: "4" }).setState(tenant, "active");
    expect(await frozen).toMatchObject({ code: "database_unavailable" });
    await expect(stale.setState(tenant, "suspended")).rejects.toBeInstanceOf(FenceLost);
  });

  test("leaves no name on a connection that others use next", async () => {
    const tenant = await world.add(model, "named");
    await world.cluster.fenced({ subject: tenant.id, token: "1" }).setState(tenant, "active");
    const { rows } = await world.superuser.query(
      "select from pg_stat_activity where application_name like $1",
      [`hestia ${tenant.id} %`],
    );
    expect(rows).toEqual([]);
  });
});
