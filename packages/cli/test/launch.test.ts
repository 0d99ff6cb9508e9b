// How the program is started: under an older Node, by npx from any folder of a clone, at a terminal.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hestia, shellLine } from "./command.ts";
import { startWorld, type World } from "./world.ts";

const clone = fileURLToPath(new URL("../../../", import.meta.url));

function findProgram(name: string, suits: (file: string) => boolean): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file) && suits(file));
}

const versionOf = (node: string) =>
  Number.parseInt(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.slice(1), 10);
const oldNode = findProgram("node", (file) => versionOf(file) < 24);
const script = findProgram("script", () => process.platform === "linux");

describe.skipIf(oldNode === undefined)("under an older Node", () => {
  const run = (words: string[]) => hestia(words, { node: oldNode ?? "" });

  test("it runs by the Node of the install, exit code and all", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
    expect(await run(["tenants", "list"])).toMatchObject({ code: 3, stdout: "" });
  });
});

test.each(["", "docs", "packages/core/src", "examples"])(
  "npx --no hestia works in a clone's folder /%s",
  (folder) => {
    const words = ["--no", "hestia", "help"];
    const { status, stdout } = spawnSync("npx", words, {
      cwd: join(clone, folder),
      encoding: "utf8",
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: hestia /);
  },
);

describe.skipIf(script === undefined)("at a terminal", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.end());

  // `script` gives a program a terminal; what is typed comes from its standard input.
  const atTerminal = (words: string, stdin = "", env: Record<string, string> = {}) =>
    hestia(words.split(" "), {
      within: (line) => [script ?? "", "-qec", shellLine(line), "/dev/null"],
      cwd: world.folder,
      env: { HESTIA_URL: world.url, TERM: "xterm", ...env },
      stdin,
    });

  test("the steps are drawn over one another and the tenant is in colour", async () => {
    const { code, stdout } = await atTerminal("tenants create acme");
    expect(code).toBe(0);
    expect(stdout).toContain("\u001b[6A\u001b[0J");
    expect(stdout).toContain("\u001b[32mactive\u001b[39m");
    expect(stdout.lastIndexOf("▸")).toBeLessThan(stdout.lastIndexOf("\u001b[6A"));
  });

  test("NO_COLOR leaves the colours out", async () => {
    const { stdout } = await atTerminal("tenants list", "", { NO_COLOR: "1" });
    expect(stdout).toContain("acme");
    expect(stdout).not.toContain("\u001b[3");
  });

  test("a deletion asks for the slug, and only the slug will do", async () => {
    const wrong = await atTerminal("tenants delete acme", "yes\n");
    expect(wrong.code).toBe(2);
    expect(wrong.stdout).toContain("That is not acme; nothing was deleted.");
    expect((await world.client.tenants.list({ slug: "acme" })).items[0]?.status).toBe("active");
    const right = await atTerminal("tenants delete acme", "acme\n");
    expect(right.code).toBe(0);
    expect((await world.client.tenants.list({ slug: "acme" })).items[0]?.status).toBe("deleting");
  });
});
