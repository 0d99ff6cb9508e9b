// How much of the heap does a process give to what it knows of tenants? Each count in a process of its own.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { addSharedTenants, type World } from "./world.ts";

const child = fileURLToPath(new URL("./directory-child.ts", import.meta.url));
/** The least, which a process has anyway; as many as are kept at most; five times as many. */
const counts = [100, 10_000, 50_000];

/** The growth of the heap by the number of tenants that were looked up. */
export async function benchDirectory(
  world: World,
): Promise<readonly { looked: number; bytes: number }[]> {
  const ids = await addSharedTenants(world, Math.max(...counts));
  const slugs = ids.map((id) => `b${id.replaceAll("-", "")}`);
  const results = [];
  for (const looked of counts) {
    const { bytes } = await grown(world.platform.directoryUrl, slugs.slice(0, looked));
    results.push({ looked, bytes });
  }
  return results;
}

async function grown(databaseUrl: string, slugs: readonly string[]): Promise<{ bytes: number }> {
  const running = fork(child, { execArgv: ["--expose-gc"] });
  running.send({ databaseUrl, slugs });
  const [answer] = (await once(running, "message")) as [{ bytes: number }];
  return answer;
}
