// PostgreSQL restarted as a crash does it, and connections cut at random moments, with two servers in the middle of
// operations: all complete or are undone, what is there is what undisturbed ones come to, and the servers live on.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbedded } from "@hestia/postgres/embedded";
import { withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testSecretKey } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { playedRounds, type Round, Stage } from "./steps.ts";
import { ask, until } from "./world.ts";

let folder: string;
let postgres: Awaited<ReturnType<typeof startEmbedded>>;
let stage: Stage;
let other: ServerProcess;
const settings = { fsync: "off" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hestia-cut-"));
  postgres = await startEmbedded({ dataDir: folder, settings });
  await ask(postgres.url, "create database cut");
  const ground = {
    databaseUrl: withDatabase(postgres.url, "cut"),
    dataDatabase: "cut_data",
    secretKey: testSecretKey,
    drop: async () => {},
  };
  stage = await Stage.open(ground);
  other = await startProcess(ground);
});
afterAll(async () => {
  await other?.kill("SIGTERM");
  await stage?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const played = playedRounds(2).flatMap(({ rounds }) => rounds);
const of = (kind: string) => played.filter((each) => each.kind === kind);

/** As a crash leaves it: nothing is written out, and what was under way is gone. */
async function restart(): Promise<void> {
  process.kill(postgres.pid, "SIGQUIT");
  await postgres.exited;
  postgres = await startEmbedded({ dataDir: folder, settings, port: postgres.port });
}

const expectAlive = () => {
  for (const { child } of [stage.server, other])
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
};

const middles: readonly (readonly [string, readonly Round[]])[] = [
  ["the making of partitions", of("tenant.provision").slice(1, 5)],
  ["the rest of provisioning", of("tenant.provision").slice(5)],
  ["a purge", of("tenant.purge").slice(2, 6)],
  ["a run of migrations", of("migrations.up").slice(1)],
];

test.each(middles)(
  "PostgreSQL crashes in the middle of %s",
  async (_, rounds) => {
    const scene = await stage.begin(rounds);
    await restart();
    await scene.letGo();
    await scene.end();
    await scene.compare();
    expectAlive();
  },
  150_000,
);

/** Numbers between 0 and 1 that a seed decides (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const instances = async () => {
  const rows = await ask<{ instance: string }>(
    withDatabase(postgres.url, "cut"),
    "select instance from platform.leases",
  );
  return rows.map(({ instance }) => instance);
};

/** Ends sessions: one server's own, or all that any server has anywhere. */
const cut = (instance: string | undefined) =>
  ask(
    postgres.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname like 'cut%' and application_name like 'hestia%'
       and ($1::text is null or right(application_name, length($1)) = $1)`,
    [instance ?? null],
  );

const wholes: readonly (readonly [string, readonly Round[]])[] = [
  ["provisioning", [...of("tenant.provision"), ...of("tenant.provision")]],
  ["a purge", of("tenant.purge")],
  ["a run of migrations", of("migrations.up").slice(0, 1)],
];

test.each(wholes)(
  "connections are cut at random moments of %s",
  async (what, rounds) => {
    const seed = Number(process.env.HESTIA_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    process.stdout.write(`connections are cut in ${what} with HESTIA_TEST_SEED=${seed}\n`);
    const random = randomFrom(seed);
    const scene = await stage.begin(
      rounds.map((each) => ({ ...each, isUndone: false })),
      { isHeld: false },
    );
    for (let left = 8; left > 0; left -= 1) {
      await delay(random() * 250);
      const known = await instances();
      await cut(random() < 0.5 ? undefined : known[Math.floor(random() * known.length)]);
    }
    await scene.end();
    await until("both serve", async () => {
      const urls = [stage.server.url, other.url];
      const answers = await Promise.all(urls.map((url) => fetch(`${url}/readyz`)));
      return answers.every(({ ok }) => ok);
    });
    await scene.compare();
    expectAlive();
  },
  150_000,
);
