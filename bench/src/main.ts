// Runs the benches and prints what was measured as tables for the README: `npm run bench`, one of them by name
// (`npm run bench -- scoped-query`), or all of them shortly (`-- --quick`).

import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { benchHttp } from "./http.ts";
import { benchManyTenants } from "./many-tenants.ts";
import { benchProvisioning } from "./provisioning.ts";
import { benchScopedQuery } from "./scoped-query.ts";
import { makeWorld } from "./world.ts";

const quick = process.argv.includes("--quick");
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const rounds = quick ? { rounds: 5, roundMs: 300 } : { rounds: 15, roundMs: 800 };
const folder = fileURLToPath(new URL("../migrations", import.meta.url));

const benches: Record<string, () => Promise<void>> = {
  "scoped-query": scopedQuery,
  http,
  "many-tenants": manyTenants,
  provisioning,
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
      "| statement | callers | scoped / raw | scoped / usual way | usual way / raw | client CPU, scoped / raw | raw, statements/s |",
    );
    say("|---|---|---|---|---|---|---|");
    for (const row of await benchScopedQuery(world, rounds)) {
      say(
        `| ${row.shape} | ${row.callers} | ${ratio(row.toRaw)} | ${ratio(row.toUsual)} | ${ratio(row.usualToRaw)} | ${ratio(row.clientCpuToRaw)} | ${Math.round(row.rawPerSecond)} |`,
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

async function manyTenants(): Promise<void> {
  const { timeRatio, p50Ratio } = await benchManyTenants(folder, rounds);
  say("\n| 20-row page, 10,000 tenants / 10 tenants | time | median latency |\n|---|---|---|");
  say(`| shared | ${ratio(timeRatio)} | ${ratio(p50Ratio)} |`);
}

async function provisioning(): Promise<void> {
  say("\n| provisioning, request to active | median | worst |\n|---|---|---|");
  for (const { isolation, medianMs, worstMs } of await benchProvisioning()) {
    say(`| ${isolation} | ${Math.round(medianMs)} ms | ${Math.round(worstMs)} ms |`);
  }
}

function ratio(value: number): string {
  return `${value.toFixed(2)}×`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
