// Runs the benches and prints what was measured as tables for the README: `npm run bench`, one of them by name
// (`npm run bench -- scoped-query`), or all of them shortly (`-- --quick`).

import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { benchConsole } from "./console.ts";
import { benchDirectory } from "./directory.ts";
import { benchFleet } from "./fleet.ts";
import { benchHttp } from "./http.ts";
import { benchLoad } from "./load.ts";
import { benchManyDatabases, budget, databasesCount } from "./many-databases.ts";
import { benchManyTenants } from "./many-tenants.ts";
import { benchMiddleware } from "./middleware.ts";
import { benchNoisyNeighbour } from "./noisy-neighbour.ts";
import { benchOrm } from "./orm.ts";
import { shapes } from "./orms/orders.ts";
import { benchCold, benchLatency, benchShared } from "./provisioning.ts";
import { benchSchemaPath } from "./schema-path.ts";
import { benchScopedQuery } from "./scoped-query.ts";
import { benchToday } from "./today.ts";
import { makeWorld, type World } from "./world.ts";

const quick = process.argv.includes("--quick");
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const rounds = quick ? { rounds: 5, roundMs: 300 } : { rounds: 15, roundMs: 800 };
const folder = fileURLToPath(new URL("../migrations", import.meta.url));

const benches: Record<string, () => Promise<void>> = {
  "scoped-query": scopedQuery,
  http,
  middleware,
  "many-tenants": manyTenants,
  directory,
  provisioning,
  "noisy-neighbour": noisyNeighbour,
  "many-databases": manyDatabases,
  load,
  orm,
  today,
  "schema-path": schemaPath,
  fleet,
  console: inConsole,
};

say(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, ${new Date().toISOString().slice(0, 10)}\n`,
);
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench();
}
process.exit(0);

async function scopedQuery(): Promise<void> {
  const world = await makeWorld(folder);
  try {
    say(
      "| statement | callers | scoped / raw | pipelined / raw | pipelined / raw pipelined | raw pipelined / raw | scoped / usual way | usual way / raw | p50, scoped / raw | CPU of both | client's | server's | raw, statements/s |",
    );
    say("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (const row of await benchScopedQuery(world, rounds)) {
      say(
        `| ${row.shape} | ${row.callers} | ${ratio(row.toRaw)} | ${ratio(row.pipelinedToRaw)} | ${ratio(row.pipelinedToRawPipelined)} | ${ratio(row.rawPipelinedToRaw)} | ${ratio(row.toUsual)} | ${ratio(row.usualToRaw)} | ${ratio(row.p50ToRaw)} | ${ratio(row.cpuToRaw)} | ${ratio(row.clientCpuToRaw)} | ${ratio(row.serverCpuToRaw)} | ${Math.round(row.rawPerSecond)} |`,
      );
    }
  } finally {
    await world.close();
  }
}

async function http(): Promise<void> {
  const { toRaw, rawPerSecond } = await benchHttp(rounds);
  say("\n| page over HTTP | example / bare | bare, pages/s |\n|---|---|---|");
  say(`| the example's first page | ${ratio(toRaw)} | ${Math.round(rawPerSecond)} |`);
}

async function middleware(): Promise<void> {
  say(
    "\n| hello, tenant by its host / without | requests/s | the server's CPU | without: CPU | without: requests/s |",
  );
  say("|---|---|---|---|---|");
  for (const row of await inWorld((world) => benchMiddleware(world, rounds)))
    say(
      `| ${row.framework} | ${ratio(row.toBare)} | ${ratio(row.cpuToBare)} | ${Math.round(row.bareCpuUs)} µs | ${Math.round(row.barePerSecond)} |`,
    );
}

async function manyTenants(): Promise<void> {
  say("\n| 20-row page, so many shared tenants / 10 | time | median latency | raw pg: time |");
  say("|---|---|---|---|");
  for (const many of [10_000, 100_000]) {
    const { timeRatio, p50Ratio, rawTimeRatio } = await benchManyTenants(folder, many, rounds);
    say(
      `| ${many.toLocaleString("en")} | ${ratio(timeRatio)} | ${ratio(p50Ratio)} | ${ratio(rawTimeRatio)} |`,
    );
  }
}

async function directory(): Promise<void> {
  say("\n| tenants looked up | heap | a tenant |\n|---|---|---|");
  for (const { looked, bytes } of await inWorld(benchDirectory))
    say(
      `| ${looked.toLocaleString("en")} | ${(bytes / 1024).toFixed(0)} KiB | ${Math.round(bytes / looked)} B |`,
    );
}

async function provisioning(): Promise<void> {
  const ms = (value: number) => `${Math.round(value)} ms`;
  say("\n| provisioning, request to active | median | p95 | worst |\n|---|---|---|---|");
  for (const { isolation, warm, p50Ms, p95Ms, worstMs } of await benchLatency(quick))
    say(
      `| ${isolation}${warm ? ", made ahead" : ""} | ${ms(p50Ms)} | ${ms(p95Ms)} | ${ms(worstMs)} |`,
    );
  say(
    "\n| shared tenants, callers | a second | the best round | the same rows by one statement | to that |\n|---|---|---|---|---|",
  );
  const spans = quick ? { rounds: 3, roundMs: 1_500 } : { rounds: 7, roundMs: 3_000 };
  for (const row of await benchShared(spans))
    say(
      `| ${row.callers} | ${Math.round(row.perSecond)} | ${Math.round(row.bestPerSecond)} | ${Math.round(row.plainPerSecond)} | ${ratio(row.ratio)} |`,
    );
  const cold = await benchCold(quick ? { rounds: 3, perRound: 30 } : { rounds: 10, perRound: 100 });
  say(
    "\n| schemas that have to be made | a second | their DDL, two sessions | to that |\n|---|---|---|---|",
  );
  say(
    `| ${cold.made} | ${cold.perSecond.toFixed(1)} | ${cold.plainPerSecond.toFixed(1)} | ${ratio(cold.ratio)} |`,
  );
}

async function noisyNeighbour(): Promise<void> {
  say(
    "\n| scarce | p99 beside a flood / alone | all rounds' p99 | p50 | plain pool: p99 | plain pool: p50 | the flood's rate to the pool's | p99 alone |",
  );
  say("|---|---|---|---|---|---|---|---|");
  const long = { rounds: quick ? 3 : 7, roundMs: quick ? 1_500 : 3_000 };
  for (const row of await inWorld((world) => benchNoisyNeighbour(world, long)))
    say(
      `| ${row.scarce} | ${ratio(row.p99)} | ${ratio(row.pooledP99)} | ${ratio(row.p50)} | ${ratio(row.poolP99)} | ${ratio(row.poolP50)} | ${ratio(row.floodToPool)} | ${row.aloneP99Ms.toFixed(1)} ms |`,
    );
}

async function manyDatabases(): Promise<void> {
  const row = await inWorld((world) => benchManyDatabases(world, rounds), budget);
  say(`\n| ${databasesCount} database tenants on ${budget} connections / one pool | |\n|---|---|`);
  say(`| throughput | ${ratio(row.toPool)} |\n| median latency | ${ratio(row.p50ToPool)} |`);
  say(
    `| tenants served | ${row.served} |\n| longest answer of any | ${Math.round(row.slowestMs)} ms |`,
  );
  say(`| refused, or waited too long | ${row.refused} |`);
}

async function load(): Promise<void> {
  const { toCopy, copyPerSecond } = await inWorld((world) => benchLoad(world, rounds));
  say("\n| many rows | load / COPY | COPY, rows/s |\n|---|---|---|");
  say(`| 100,000 orders | ${ratio(toCopy)} | ${Math.round(copyPerSecond)} |`);
}

async function orm(): Promise<void> {
  say("\n| ORM | statement | tenant's pool / raw pool with a filter |\n|---|---|---|");
  for (const row of await inWorld((world) => benchOrm(world, rounds)))
    say(`| ${row.orm} | ${row.shape} | ${ratio(row.toRaw)} |`);
}

async function today(): Promise<void> {
  say(`\n| to raw pg with a filter | ${shapes.join(" | ")} |\n|---|---|---|---|`);
  for (const { way, toRaw } of await inWorld((world) => benchToday(world, rounds)))
    say(`| ${way} | ${toRaw.map(ratio).join(" | ")} |`);
}

async function schemaPath(): Promise<void> {
  say(
    "\n| schema tenants, to what is built | qualified names | one tenant only | one tenant, search_path kept |",
  );
  say("|---|---|---|---|");
  for (const row of await benchSchemaPath(folder, rounds))
    say(
      `| ${row.shape} | ${ratio(row.qualified)} | ${ratio(row.oneTenant)} | ${ratio(row.kept)} |`,
    );
}

async function fleet(): Promise<void> {
  const { count, one, two } = await benchFleet(quick ? 300 : 5_000, quick ? 3 : 5);
  const ms = (value: number) => `${Math.round(value)} ms`;
  say(`\n| ${count} schemas of 12 tables and 20 indexes | |\n|---|---|`);
  say(`| a run with nothing to do, request to end | ${ms(one.idleMs)} |`);
  say(
    `| a column for every schema, one session / one plain session without a ledger | ${ratio(one.ratio)} |`,
  );
  say(`| the same with two sessions | ${ratio(two.ratio)} |`);
  say(`| the plain session, schemas/s | ${Math.round(one.plainPerSecond)} |`);
  say(`| drift, quick | ${ms(two.quickMs)} |`);
  say(`| drift, full | ${ms(two.fullMs)} |`);
}

async function inWorld<T>(work: (world: World) => Promise<T>, connectionsMax = 16): Promise<T> {
  const world = await makeWorld(folder, { connectionsMax });
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

function ratio(value: number): string {
  return `${value.toFixed(2)}×`;
}

async function inConsole(): Promise<void> {
  const found = await benchConsole(folder, quick ? 1 : 5);
  if (found === undefined) {
    say(
      "\nThe console is left out: no Chromium is here. Install it, or name it in HESTIA_CHROMIUM.",
    );
    return;
  }
  const { longTasksMs } = found;
  say("\n| the console | measured |\n|---|---|");
  say(`| JavaScript of the first screen, as sent | ${kilobytes(found.scriptBytes)} |`);
  say(`| its styles | ${kilobytes(found.styleBytes)} |`);
  say(`| levels of requests until it is there | ${found.levels} |`);
  say(`| until it is there, cold | ${Math.round(found.shownMs)} ms |`);
  say(`| until a list of 10,000 tenants can be used, cold | ${Math.round(found.usableMs)} ms |`);
  say(
    `| long tasks (> 50 ms) while it is scrolled to its end | ${longTasksMs.length}${longTasksMs[0] === undefined ? "" : `, the longest ${Math.round(longTasksMs[0])} ms`} |`,
  );
  say(`| a frame meanwhile, median | ${found.framesMs.toFixed(1)} ms |`);
  say(
    `| from a step's end until it is seen, median and most | ${Math.round(found.lateMs)} ms, ${Math.round(found.lateMsMax)} ms |`,
  );
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(0)} KB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
