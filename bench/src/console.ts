// The console in a real browser, by the browser's own clocks: what the first screen loads, how soon a list of ten thousand
// tenants can be used and whether it scrolls without a hitch, and how late a step is seen.
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type OperationDefinition, openLog, type Server, startServer, step } from "@hestia/server";
import { type Browser, chromium, type Page } from "playwright-core";
import { median } from "./measure.ts";
import { operatorKey } from "./server.ts";
import { addSharedTenants, makeWorld, secretKey } from "./world.ts";

const program = [process.env.HESTIA_CHROMIUM ?? "", "/usr/bin/chromium"].find((path) =>
  existsSync(path),
);
const tenantsCount = 10_000;
const stepsCount = 30;
const stepMs = 150;

/** Steps that take about as long as those of provisioning. */
const walk: OperationDefinition = {
  kind: "bench.walk",
  steps: Array.from({ length: stepsCount }, (_, at) =>
    step({ name: `step ${at + 1}`, run: () => delay(stepMs) }),
  ),
};

/** What was measured; times in milliseconds, a round each or the worst of all rounds. Undefined without a Chromium. */
export async function benchConsole(folder: string, rounds: number) {
  if (program === undefined) return undefined;
  const world = await makeWorld(folder);
  await addSharedTenants(world, tenantsCount);
  const config = configOf(world.databaseUrl);
  const server = await startServer({ config, log: await openLog(config), operations: [walk] });
  await server.ready;
  const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  const stage = { browser, server };
  try {
    const loads = await roundsOf(rounds, () => load(stage));
    const { levels } = await load(stage, 400);
    const lists = await roundsOf(rounds, () => list(stage));
    const late = (await roundsOf(rounds, () => steps(stage))).flat();
    return {
      ...(loads[0] as Load),
      levels,
      shownMs: median(loads.map((each) => each.shownMs)),
      usableMs: median(lists.map((each) => each.usableMs)),
      longTasksMs: lists.flatMap((each) => each.longTasksMs).toSorted((a, b) => b - a),
      framesMs: median(lists.map((each) => each.framesMs)),
      lateMs: median(late),
      lateMsMax: Math.max(...late),
    };
  } finally {
    await browser.close();
    await server.stop();
    await world.close();
  }
}

type Stage = { readonly browser: Browser; readonly server: Server };

async function roundsOf<Result>(count: number, work: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let round = 0; round < count; round += 1) results.push(await work());
  return results;
}

function configOf(databaseUrl: string): Parameters<typeof startServer>[0]["config"] {
  return {
    databaseUrl,
    secretKey,
    operatorKey,
    host: "127.0.0.1",
    port: 0,
    baseDomain: "localhost",
    hosts: [],
    webhookAllow: [],
    dnsServers: [],
    logLevel: "error",
    logFormat: "json",
    trustProxy: false,
    migrationSessions: 2,
    migrationLockMs: 200,
    migrationStatementMs: 0,
  };
}

/** A browser that was never here, signed in and at a page of the console. */
async function visit<Result>(
  { browser, server: { url } }: Stage,
  { prepare, look }: { prepare?: string; look: (page: Page) => Promise<Result> },
): Promise<Result> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const answer = await context.request.post(`${url}/v1/session`, {
      data: { key: operatorKey },
      headers: { origin: url },
    });
    if (!answer.ok()) throw new Error(await answer.text());
    const page = await context.newPage();
    if (prepare !== undefined) await page.addInitScript(prepare);
    return await look(page);
  } finally {
    await context.close();
  }
}

type Load = {
  readonly scriptBytes: number;
  readonly styleBytes: number;
  /** How many requests in a row there are until the first screen is there, the document's not counted. */
  readonly levels: number;
  readonly shownMs: number;
};

/** The first screen, from nothing; `latencyMs` is added to each request. */
function load(stage: Stage, latencyMs = 0): Promise<Load> {
  return visit(stage, {
    async look(page) {
      const session = await page.context().newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: latencyMs,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
      await page.goto(`${stage.server.url}/console/`);
      await page.getByRole("link", { name: "Tenants", exact: true }).first().waitFor();
      await allThere(page);
      const shown = await page.evaluate<number>("performance.now()");
      const all = await page.evaluate<Timing[]>(
        "performance.getEntriesByType('resource').map((each) => each.toJSON())",
      );
      const before = all.filter(({ startTime }) => startTime < shown);
      const sum = (pattern: RegExp) =>
        before
          .filter(({ name }) => pattern.test(name))
          .reduce((total, { encodedBodySize }) => total + encodedBodySize, 0);
      return {
        scriptBytes: sum(/\.js$/),
        styleBytes: sum(/\.css$/),
        levels: levelsOf(before),
        shownMs: shown,
      };
    },
  });
}

type Timing = {
  readonly name: string;
  readonly encodedBodySize: number;
  readonly startTime: number;
  readonly responseEnd: number;
};

/** The longest row of requests each of which began when the one before was over; needs a latency that work is short beside. */
function levelsOf(timings: readonly Timing[]): number {
  const levels: { endedAt: number; level: number }[] = [];
  for (const { startTime, responseEnd } of timings.toSorted((a, b) => a.startTime - b.startTime)) {
    const before = levels.filter(({ endedAt }) => endedAt <= startTime);
    const level = 1 + Math.max(0, ...before.map((each) => each.level));
    levels.push({ endedAt: responseEnd, level });
  }
  return Math.max(...levels.map(({ level }) => level));
}

/** Waits until nothing on the page is still to come. */
const allThere = (page: Page) =>
  page.locator(".mantine-Skeleton-root").first().waitFor({ state: "detached" });

/** Runs in the page, from its beginning: when the list's first row is there and nothing is left to do, and long tasks. */
const watchList = `
  globalThis.seen = { longTasks: [] };
  new PerformanceObserver((found) => {
    for (const { startTime: at, duration: ms } of found.getEntries()) seen.longTasks.push({ at, ms });
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const row = document.querySelector('[role="grid"] a[href^="/console/tenants/"]');
    if (row === null) requestAnimationFrame(look);
    else requestIdleCallback(() => { seen.usableAt = performance.now(); });
  };
  requestAnimationFrame(look);`;

/** Each frame; a hand's quickest fling is about half of it. */
const scrollPx = 300;

/** Runs in the page: scrolls to where there is no more; gives how long each frame took. */
const scrollToEnd = `(async () => {
  let box = document.querySelector('[role="grid"]');
  while (box.parentElement !== null && box.scrollHeight <= box.clientHeight) box = box.parentElement;
  const frames = [];
  let before = performance.now();
  for (let still = 0; still < 60; ) {
    const top = box.scrollTop;
    box.scrollBy(0, ${scrollPx});
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    frames.push(now - before);
    before = now;
    still = box.scrollTop === top ? still + 1 : 0;
  }
  return frames;
})()`;

type Seen = { readonly usableAt: number; readonly longTasks: { at: number; ms: number }[] };

/** A list of ten thousand: opened, and scrolled to its end. */
function list(stage: Stage) {
  return visit(stage, {
    prepare: watchList,
    async look(page) {
      await page.goto(`${stage.server.url}/console/tenants`);
      while (!(await page.evaluate<boolean>("seen.usableAt !== undefined"))) await delay(50);
      await allThere(page);
      await delay(500);
      const from = await page.evaluate<number>("performance.now()");
      const frames = await page.evaluate<number[]>(scrollToEnd);
      const { usableAt, longTasks } = await page.evaluate<Seen>("seen");
      await page.getByText(/^10,00\d tenants$/).waitFor();
      return {
        usableMs: usableAt,
        framesMs: median(frames),
        longTasksMs: longTasks.filter(({ at, ms }) => at >= from && ms > 50).map(({ ms }) => ms),
      };
    },
  });
}

/** Runs in the page: when each step is seen to be over, by the clock. */
const watchSteps = `new Promise((resolve) => {
  const at = {};
  const look = () => {
    const all = document.querySelectorAll("li[data-status]");
    for (const [index, { dataset }] of all.entries())
      if (dataset.status === "succeeded") at[index] ??= Date.now();
    if (Object.keys(at).length === ${stepsCount}) resolve(at);
    else requestAnimationFrame(look);
  };
  look();
})`;

/** How long after its end each step of an operation is seen to be over. */
async function steps(stage: Stage): Promise<number[]> {
  const { id } = await stage.server.begin(walk);
  const seenAt = await visit(stage, {
    async look(page) {
      await page.goto(`${stage.server.url}/console/operations/${id}`);
      await page.locator("li[data-status=running]").waitFor();
      return page.evaluate<Record<number, number>>(watchSteps);
    },
  });
  const answer = await fetch(`${stage.server.url}/v1/operations/${id}`, {
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  const { steps: done } = (await answer.json()) as { steps: { finishedAt: string }[] };
  const first = Math.min(...Object.values(seenAt));
  return done
    .map(({ finishedAt }, index) => ({
      late: (seenAt[index] as number) - Date.parse(finishedAt),
      // What was over when the page came was not waited for.
      isOld: seenAt[index] === first,
    }))
    .filter(({ isOld }) => !isOld)
    .map(({ late }) => late);
}
