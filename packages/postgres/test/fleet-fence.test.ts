// A run of migrations that another server has taken up: the first one's sessions are ended wherever they are, what they
// were at is not there, and whoever wakes up later is refused.

import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { withDatabase } from "../src/cluster/admin.ts";
import { placeOf } from "../src/cluster/cluster.ts";
import { FenceLost } from "../src/cluster/fence.ts";
import type { FleetOutcome } from "../src/cluster/fleet.ts";
import { type MigrationFile, migrationFile } from "../src/cluster/migration-files.ts";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
  await platform.cluster.migrateShared(platform.sharedFiles);
});
afterAll(() => platform?.close());

const file = (name: string, sql: string) => migrationFile("tenant", name, sql);
const notes = file("0001.sql", "create table notes (id int primary key, text text);");
const later = file("0003.sql", "alter table notes add later int;");

/** A run under a token; returns what came of it, or what it threw. */
async function run({ tenant, database }: Partition, token: string, files: MigrationFile[]) {
  const outcomes: FleetOutcome[] = [];
  const isOwn = tenant.isolation === "database";
  const job = {
    target: tenant.id,
    place: placeOf(tenant),
    database: isOwn ? database : undefined,
    tenantId: tenant.id,
    files,
  };
  try {
    await platform.cluster.fenced({ subject: tenant.id, token }).fleet.migrate([job], {
      sessions: 2,
      patience: { lockTimeoutMs: 60_000, attempts: 2, pauseMs: 20 },
      stored: [...platform.sharedFiles, notes, ...files],
      onOutcomes: (each) => void outcomes.push(...each),
      isOver: () => false,
    });
  } catch (error) {
    return error;
  }
  return outcomes.filter((each) => each.file !== notes && each.file.set === "tenant");
}

/** The sessions of a token that wait for somebody. */
const waiting = async ({ client, tenant }: Partition, token: string) =>
  (
    await client.query(
      "select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'",
      [`hestia ${tenant.id} ${token}`],
    )
  ).rowCount;

describe.each(["schema", "database"] as const)("a run at a %s tenant", (model) => {
  test.each([
    ["in a message of several", "alter table notes add n int;"],
    ["in a transaction", "alter table notes add n int check (n > 0);"],
    [
      "without a transaction",
      "-- hestia: no-transaction\ncreate index concurrently notes_text on notes (text);",
    ],
  ])("that is taken up elsewhere %s writes no more", async (_, sql) => {
    const place = await platform.partition(model);
    await platform.cluster.migratePartition(place.tenant, [...platform.sharedFiles, notes]);
    await platform.cluster.setState(place.tenant, "active");
    const holder = new pg.Client(withDatabase(platform.clone.databaseUrl, place.database));
    await holder.connect();
    await holder.query(`begin; lock table ${place.place}.notes in row exclusive mode`);
    const next = file("0002.sql", sql);
    const frozen = run(place, "3", [next]);
    await expect.poll(() => waiting(place, "3"), { timeout: 20_000 }).toBe(1);
    const heir = run(place, "4", [next]);
    expect(await frozen).toBeInstanceOf(Error);
    await expect.poll(() => waiting(place, "4"), { timeout: 20_000 }).toBe(1);
    expect(await waiting(place, "3")).toBe(0);
    await holder.end();
    expect(await heir).toMatchObject([{ end: "applied", file: { name: "0002.sql" } }]);
    expect(await run(place, "3", [later])).toBeInstanceOf(FenceLost);
    expect(
      await place.list(
        `select name from hestia.migrations where place = '${place.place}' order by name`,
      ),
    ).toEqual(["0001.sql", "0002.sql"]);
    expect(await place.list("select name from hestia.migration_attempts")).toEqual([]);
    expect(
      await place.list("select indexrelid::regclass::text from pg_index where not indisvalid"),
    ).toEqual([]);
    expect(await place.faults()).toEqual([]);
  });
});
