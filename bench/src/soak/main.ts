// `npm run soak`: a million statements of 500 tenants, or `-- --statements N --tenants N`; `--seed S` repeats one that
// failed; `--json` prints the result as JSON. Ends with 1 where it found a fault.

import { parseArgs } from "node:util";
import { faultsOf, makeSoakWorld, type SoakResult, soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    statements: { type: "string", default: "1000000" },
    tenants: { type: "string", default: "500" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean", default: false },
  },
});
const [statements, tenants, seed] = [values.statements, values.tenants, values.seed].map(Number);
if (!(Number(statements) >= 1 && Number(tenants) >= 1 && Number.isInteger(seed))) {
  process.stderr.write("--statements, --tenants and --seed are whole numbers.\n");
  process.exit(2);
}
await run(statements as number, tenants as number, seed as number);

async function run(wanted: number, count: number, from: number): Promise<void> {
  note(`seed ${from}: making ${count} tenants`);
  const world = await makeSoakWorld(count, (made) => {
    if (made % 100 === 0) note(`${made} tenants made`);
  });
  const begun = performance.now();
  const result = await soak(world, {
    statements: wanted,
    seed: from,
    onProgress: (answered) => note(progress(answered, wanted, performance.now() - begun)),
  });
  await world.close();
  const faults = faultsOf(result);
  process.stdout.write(
    values.json ? `${JSON.stringify({ ...result, faults }, null, 2)}\n` : summary(result),
  );
  for (const fault of faults) note(`FAULT: ${fault}`);
  process.exit(faults.length > 0 ? 1 : 0);
}

function progress(answered: number, wanted: number, elapsedMs: number): string {
  const perMs = answered / elapsedMs;
  const left = Math.round((wanted - answered) / perMs / 1000);
  const percent = Math.floor((100 * answered) / wanted);
  return `${percent} %: ${answered} statements, ${Math.round(perMs * 1000)}/s, ${left} s to go`;
}

function summary(result: SoakResult): string {
  const { heap, rss } = result;
  const rows: [string, string | number][] = [
    ["statements answered", result.statements],
    ["tenants, connections", `${result.tenants}, ${result.connectionsMax}`],
    ["rows, each checked", result.rows],
    ["rows of another tenant", result.foreign],
    ["statements without a scope", result.unscoped],
    ...Object.entries(result.errors).map(([code, count]): [string, number] => [code, count]),
    ["failures that nobody brought about", result.unexpected.length],
    ["cancels sent, backends killed", `${result.cancelled}, ${result.killed}`],
    ["restarts", result.restarts],
    ["the restart, and from then to the next answer", outage(result)],
    ["connections seen by the server, at most", result.connectionsSeenMax],
    ["tenants that did not come back", result.lost.length],
    ["heap after collection, first and last quarter", quarters(heap)],
    ["process size, first and last quarter", quarters(rss)],
    ["statements a second", Math.round(result.statements / result.seconds)],
  ];
  return `seed ${result.seed}\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}\n`;
}

function outage({ restartMs = 0, recoveryMs = 0 }: SoakResult): string {
  return `${Math.round(restartMs)} ms, ${Math.round(recoveryMs)} ms`;
}

function quarters({ firstMb, lastMb, kbPer100kStatements }: SoakResult["heap"]): string {
  return `${firstMb.toFixed(1)} and ${lastMb.toFixed(1)} MiB (${kbPer100kStatements.toFixed(0)} KiB per 100,000 statements)`;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
