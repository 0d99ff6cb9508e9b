import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { migrationFile } from "@hestia/postgres/platform";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeWorld, type World } from "../../../packages/middleware/test/world.ts";

const program = fileURLToPath(new URL("./main.ts", import.meta.url));
let world: World;
beforeAll(async () => {
  const file = new URL("../migrations/tenant/0001_notes.sql", import.meta.url);
  const notes = migrationFile("tenant", "0001_notes.sql", await readFile(file, "utf8"));
  world = await makeWorld(inject("postgresUrl"), [notes]);
});
afterAll(() => world.close());

describe.each(["express", "hono", "fetch"])("the notes in %s", (framework) => {
  let child: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const { DATABASE_URL, HESTIA_SECRET_KEY } = world.environment;
    child = spawn(process.execPath, [program, framework], {
      env: { PATH: process.env.PATH, DATABASE_URL, HESTIA_SECRET_KEY },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const chunk of child.stdout ?? []) {
      const port = /:(\d+)\/notes/.exec(String(chunk))?.[1];
      url = `http://127.0.0.1:${port}`;
      break;
    }
  });
  afterAll(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
  });

  const as = (slug: string) => ({ "x-tenant-slug": slug, "content-type": "application/json" });
  const bodies = async (slug: string) => {
    const notes = (await (await fetch(`${url}/notes`, { headers: as(slug) })).json()) as Note[];
    return notes.map(({ body }) => body);
  };
  type Note = { readonly body: string };

  test("are each tenant's own", async () => {
    for (const slug of ["shared-1", "shared-2", "schema-1", "database-1"]) {
      const body = `${framework} of ${slug}`;
      const init = { method: "POST", headers: as(slug), body: JSON.stringify({ body }) };
      const reply = await fetch(`${url}/notes`, init);
      expect([reply.status, await reply.json()]).toMatchObject([201, { body }]);
      const found = await bodies(slug);
      expect(found[0]).toBe(body);
      expect(found.every((each) => each.endsWith(`of ${slug}`))).toBe(true);
    }
  });

  test("are refused to nobody's and unknown tenants' requests, but its health is anyone's", async () => {
    expect(await (await fetch(`${url}/healthz`)).text()).toBe("ok");
    for (const [headers, code] of [
      [{}, "tenant_unidentified"],
      [as("nobody-here"), "tenant_not_found"],
    ] as const) {
      const reply = await fetch(`${url}/notes`, { headers });
      expect(reply.headers.get("content-type")).toMatch("application/problem+json");
      expect(await reply.json()).toMatchObject({ code });
    }
  });
});
