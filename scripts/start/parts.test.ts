import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { waitForPort } from "./port.ts";
import { makeRestarts } from "./restarts.ts";
import { makeScreen } from "./screen.ts";

async function takenPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { port, close: () => void server.close() };
}

const wait = { name: "HESTIA_PORT", signal: AbortSignal.timeout(60_000) };

test("a taken port is named with the process that holds it", async () => {
  const { port } = await takenPort();
  const waiting = waitForPort(port, { ...wait, boundMs: 300, onWait: () => {} });
  await expect(waiting).rejects.toThrow(
    new RegExp(
      `^Port ${port} is taken by process ${process.pid} \\(.+\\); end that, or set HESTIA_PORT`,
    ),
  );
});

test("a port that becomes free in time is waited for", async () => {
  const { port, close } = await takenPort();
  await waitForPort(port, { ...wait, boundMs: 20_000, onWait: close });
});

test("restarts wait longer each time, end after five in a minute and are forgotten later", () => {
  let now = 0;
  const next = makeRestarts(() => now);
  expect([next(), next(), next(), next(), next(), next()]).toEqual([
    ...[250, 500, 1000, 2000, 4000],
    undefined,
  ]);
  now = 60_000;
  expect(next()).toBe(250);
});

test("a terminal shows progress in one line, a log a line now and then", () => {
  let [shown, now] = ["", 10_000];
  const stream = { write: (text: string) => (shown += text), isTTY: true, columns: 20 };
  const terminal = makeScreen(stream);
  terminal.progress("loading 1 of 20000000");
  terminal.say("done");
  expect(shown).toBe("\r\x1b[2K· loading 1 of 2000\r\x1b[2Kdone\n");
  shown = "";
  const log = makeScreen({ ...stream, isTTY: false }, () => now);
  for (const text of ["loading 1", "loading 2", "checking 1"]) log.progress(text);
  now += 5_000;
  log.progress("checking 2");
  expect(shown).toBe("· loading 1\n· checking 1\n· checking 2\n");
});
