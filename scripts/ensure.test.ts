// The installer with a stand-in for npm: npm itself and the registry are the outside world.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";

const here = new URL(".", import.meta.url);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hestia-ensure-"));
  mkdirSync(join(folder, "scripts"));
  for (const name of ["ensure.mjs", "install-lock.mjs"]) {
    copyFileSync(new URL(name, here), join(folder, "scripts", name));
  }
  writeLock("1.0.0");
  npmDoes(`fs.mkdirSync("node_modules/tool", { recursive: true });
    fs.writeFileSync("node_modules/tool/package.json", "{}");
    fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeLock(version: string): void {
  const packages = { "": {}, "node_modules/tool": { version, integrity: `sha512-${version}` } };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages }));
}

function npmDoes(code: string): void {
  const log = `const fs = require("node:fs"); fs.appendFileSync("calls", process.argv[2] + " ");`;
  writeFileSync(join(folder, "npm-cli.js"), `${log}\n${code}\n`);
}

const npmCalls = () => {
  const file = join(folder, "calls");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split(" ") : [];
};

function begin(): ChildProcess {
  const env = { ...process.env, npm_execpath: join(folder, "npm-cli.js") };
  return spawn(process.execPath, [join(folder, "scripts", "ensure.mjs")], { env });
}

async function finish(child: ChildProcess): Promise<{ code: number; said: string }> {
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  const [code] = await once(child, "close");
  return { code, said };
}

const ensure = () => finish(begin());

test("installs once, and again when the lock file names something else", async () => {
  expect((await ensure()).said).toMatch(/installing what is missing \(npm ci\).*installed in/s);
  expect(await ensure()).toEqual({ code: 0, said: "" });
  writeLock("2.0.0");
  expect((await ensure()).code).toBe(0);
  expect(npmCalls()).toEqual(["ci", "ci"]);
});

test("leaves alone what somebody's own npm install brought", async () => {
  await ensure();
  rmSync(join(folder, "node_modules", ".hestia-stamp"));
  expect(await ensure()).toEqual({ code: 0, said: "" });
  expect(npmCalls()).toEqual(["ci"]);
});

test("of two at once one installs and the other waits", async () => {
  const both = await Promise.all([ensure(), ensure(), ensure()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(npmCalls()).toEqual(["ci"]);
  expect(existsSync(join(folder, ".install-lock"))).toBe(false);
});

test("the lock of a killed install does not block the next", async () => {
  npmDoes(`fs.appendFileSync("calls", "asleep "); setInterval(() => {}, 1000);`);
  const killed = begin();
  while (npmCalls().length < 2) await delay(20);
  const npm = Number.parseInt(readFileSync(join(folder, ".install-lock", "owner"), "utf8"), 10);
  killed.kill("SIGKILL");
  process.kill(npm, "SIGKILL");
  npmDoes(`fs.mkdirSync("node_modules", { recursive: true });`);
  expect((await ensure()).code).toBe(0);
  expect(npmCalls()).toEqual(["ci", "asleep", "ci"]);
});

test("an npm that outlives its killed installer is waited for", async () => {
  npmDoes(`setTimeout(() => fs.appendFileSync("calls", "done "), 1500);`);
  const killed = begin();
  while (npmCalls().length === 0) await delay(20);
  killed.kill("SIGKILL");
  appendFileSync(join(folder, "calls"), "killed ");
  const { said } = await ensure();
  expect(said).toMatch(/waiting for process \d+, which is installing/);
  expect(npmCalls().slice(0, 4)).toEqual(["ci", "killed", "done", "ci"]);
});

test.each([
  ["npm error code ECONNREFUSED", /The package registry cannot be reached; check the network/],
  ["npm error code EUSAGE", /package\.json and package-lock\.json disagree/],
  ["npm error code ENOSPC", /no room left on the disk/],
  ["npm error something else", /npm ci failed\); what npm says is above/],
])("says in one sentence what to do about: %s", async (output, sentence) => {
  npmDoes(`console.error(${JSON.stringify(output)}); process.exit(1);`);
  const { code, said } = await ensure();
  expect(code).toBe(1);
  expect(said).toContain(output);
  expect(said).toMatch(sentence);
  expect(existsSync(join(folder, "node_modules", ".hestia-stamp"))).toBe(false);
});
