// The program as its parents see it: what it says when it serves, and how it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { startProcess } from "./process.ts";
import { ask, createTenant, until } from "./world.ts";

let clone: Clone;
beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
});
afterAll(() => clone.drop());

test.each(["SIGINT", "SIGTERM"] as const)(
  "ends cleanly on %s, with its streams",
  async (signal) => {
    const server = await startProcess(clone);
    const ended = once(server.child, "exit");
    const { operationId } = await createTenant(server.client, {
      slug: `ends-${signal.toLowerCase()}`,
    });
    await ask(
      clone.databaseUrl,
      "update platform.operations set status = 'running', finished_at = null where id = $1",
      [operationId],
    );
    const stream = await fetch(`${server.url}/v1/operations/${operationId}/events`, {
      headers: { authorization: "Bearer an-operator-key-for-tests-0123456789" },
    });
    server.child.kill(signal);
    expect(await stream.text()).toContain("event: operation");
    expect(await ended).toEqual([0, null]);
    await ask(
      clone.databaseUrl,
      "update platform.operations set status = 'succeeded', finished_at = now() where id = $1",
      [operationId],
    );
  },
);

test("ends when the parent that forked it is gone", async () => {
  const server = await startProcess(clone);
  const ended = once(server.child, "exit");
  server.child.disconnect();
  expect(await ended).toEqual([0, null]);
});

test("tells every fault of its configuration in words and ends with a code", async () => {
  const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, HESTIA_PORT: "x" },
  });
  const said: string[] = [];
  child.stderr.on("data", (text) => said.push(String(text)));
  expect((await once(child, "exit"))[0]).toBe(1);
  for (const name of ["DATABASE_URL", "HESTIA_SECRET_KEY", "HESTIA_PORT"])
    expect(said.join("")).toContain(name);
  await until("it is read", () => said.length > 0);
});
