// Runs the benches and prints what was measured: `npm run bench`, or one of them by name.

import { fileURLToPath } from "node:url";
import { benchScopedQuery } from "./scoped-query.ts";
import { makeWorld } from "./world.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? { rounds: 5, roundMs: 300 } : { rounds: 11, roundMs: 700 };

const world = await makeWorld(fileURLToPath(new URL("../migrations", import.meta.url)));
try {
  const rows = await benchScopedQuery(world, rounds);
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
} finally {
  await world.close();
}
