// What does it cost to know whose a request is? The smallest page there is, in each framework, with the tenant found by the
// host and without, each in a process of its own, loaded in turns.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "./measure.ts";
import type { World } from "./world.ts";

const helloServer = fileURLToPath(new URL("./hello-server.ts", import.meta.url));
const callers = 32;
const tenantsCount = 50;

type Running = { readonly child: ChildProcess; readonly port: number };
type Load = { readonly perSecond: number; readonly cpuUs: number };

/** Requests a second and processor time of the server, with identification to without, by framework. */
export async function benchMiddleware(
  world: World,
  { rounds, roundMs }: { rounds: number; roundMs: number },
) {
  const tenants = await world.addTenants("shared", tenantsCount);
  const hosts = tenants.map(({ slug }) => `${slug}.localhost`);
  const seconds = Math.max(1, Math.round((roundMs * 2) / 1000));
  const results = [];
  for (const framework of ["Fastify", "Hono", "Express"]) {
    const bare = await serve([framework]);
    const known = await serve([framework, world.platform.directoryUrl]);
    try {
      for (const each of [bare, known]) await load(each, hosts, 2);
      const loads: { bare: Load; known: Load }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const [first, second] = round % 2 === 0 ? [bare, known] : [known, bare];
        const heard = [await load(first, hosts, seconds), await load(second, hosts, seconds)];
        const [one, other] = (round % 2 === 0 ? heard : heard.reverse()) as [Load, Load];
        loads.push({ bare: one, known: other });
      }
      results.push({
        framework,
        toBare: median(loads.map(({ bare, known }) => known.perSecond / bare.perSecond)),
        cpuToBare: median(loads.map(({ bare, known }) => known.cpuUs / bare.cpuUs)),
        bareCpuUs: median(loads.map(({ bare }) => bare.cpuUs)),
        barePerSecond: median(loads.map(({ bare }) => bare.perSecond)),
      });
    } finally {
      for (const { child } of [bare, known]) child.kill();
    }
  }
  return results;
}

async function serve(args: string[]): Promise<Running> {
  const child = fork(helloServer, args);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { child, port };
}

async function load(
  { child, port }: Running,
  hosts: readonly string[],
  duration: number,
): Promise<Load> {
  const before = await cpuUs(child);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/`,
    requests: hosts.map((host) => ({ headers: { host } })),
    connections: callers,
    duration,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were no hello`);
  return {
    perSecond: result.requests.total / result.duration,
    cpuUs: ((await cpuUs(child)) - before) / result.requests.total,
  };
}

async function cpuUs(child: ChildProcess): Promise<number> {
  child.send({});
  const [{ cpuUs }] = (await once(child, "message")) as [{ cpuUs: number }];
  return cpuUs;
}
