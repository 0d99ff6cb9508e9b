// Installs what is missing before `npm start`, `npm test` and `npm run check`: once per content of package-lock.json
// and platform. Runs before anything is installed, so on Node's built-ins alone and on a Node that reads no TypeScript.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { takeInstallLock } from "./install-lock.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stampFile = path.join(root, "node_modules", ".hestia-stamp");

/** Installs if needed; resolves to the exit code. */
async function ensure() {
  if (major(process.versions.node) < 20) {
    return fail(
      `Hestia needs Node 20 or newer to install and this is ${process.versions.node}; get one from https://nodejs.org.`,
    );
  }
  if (isInstalled()) return 0;
  const lock = await takeInstallLock(path.join(root, ".install-lock"), {
    isDone: isInstalled,
    onWait: (pid) => say(`waiting for process ${pid}, which is installing`),
  });
  if (!lock) return 0;
  try {
    return isInstalled() ? 0 : await install(lock);
  } finally {
    lock.release();
  }
}

function isInstalled() {
  const wanted = fingerprint();
  if (readText(stampFile) === wanted) return true;
  if (!installedTreeMatches()) return false;
  writeFileSync(stampFile, wanted);
  return true;
}

function fingerprint() {
  const hash = createHash("sha256").update(readFileSync(path.join(root, "package-lock.json")));
  return hash.update(`${process.platform} ${process.arch}`).digest("hex");
}

/** Whether somebody's own `npm install` brought what the lock file names: then a second install would only cost time. */
function installedTreeMatches() {
  const installed = packagesOf(path.join(root, "node_modules", ".package-lock.json"));
  const wanted = packagesOf(path.join(root, "package-lock.json"));
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([place, entry]) => {
    if (!place.startsWith("node_modules/") || !isForThisPlatform(entry)) return true;
    const found = installed[place];
    const same = found && found.version === entry.version && found.integrity === entry.integrity;
    return same && existsSync(path.join(root, place, "package.json"));
  });
}

function packagesOf(file) {
  const text = readText(file);
  return text === undefined ? undefined : JSON.parse(text).packages;
}

function isForThisPlatform({ os, cpu, libc }) {
  const allows = (list, value) => !list || list.includes(value);
  return allows(os, process.platform) && allows(cpu, process.arch) && !libc;
}

async function install(lock) {
  rmSync(stampFile, { force: true });
  const since = Date.now();
  const stopProgress = showProgress(since);
  const { code, output } = await runNpm(lock).finally(stopProgress);
  if (code !== 0) return fail(explain(output), output);
  const problem = nodeProblem();
  if (problem) return fail(problem);
  writeFileSync(stampFile, fingerprint());
  say(`installed in ${seconds(since)} s`);
  return 0;
}

function runNpm(lock) {
  const options = ["--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  const [program, ...before] = npmCommand();
  return new Promise((resolve) => {
    const child = spawn(program, [...before, "ci", ...options, "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (child.pid !== undefined) lock.handTo(child.pid);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => {
        output = (output + text).slice(-20_000);
      });
    }
    child.on("error", (error) => resolve({ code: 1, output: `npm: ${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
    const pass = (signal) => child.kill(signal);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, pass);
  });
}

/** The npm that runs us; another package manager's program would not know `ci`. */
function npmCommand() {
  const running = process.env.npm_execpath;
  return running && /^npm-cli\.c?js$/.test(path.basename(running))
    ? [process.execPath, running]
    : ["npm"];
}

function explain(output) {
  const reasons = [
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET/,
      "The package registry cannot be reached; check the network, the proxy and npm's registry setting, then run this again.",
    ],
    [
      /\bE(401|403)\b/,
      "The package registry refuses to give the packages; check npm's registry and login settings, then run this again.",
    ],
    [
      /\b(E404|ETARGET|E5\d\d)\b/,
      "The package registry does not have or does not deliver a package; check npm's registry setting, then run this again.",
    ],
    [
      /EINTEGRITY/,
      "A downloaded package is not the one that package-lock.json names; run npm cache clean --force, then run this again.",
    ],
    [
      /ENOSPC/,
      "There is no room left on the disk for the packages; make some, then run this again.",
    ],
    [
      /EACCES|EPERM|EROFS/,
      "The folder of the clone cannot be written; run as its owner or clone it anew.",
    ],
    [
      /EUSAGE/,
      "package.json and package-lock.json disagree; run npm install, then run this again.",
    ],
  ];
  const known = reasons.find(([pattern]) => pattern.test(output));
  return known
    ? known[1]
    : "The packages could not be installed (npm ci failed); what npm says is above.";
}

/** The install brings a Node of its own for the common platforms; elsewhere the one of the system has to be new enough. */
function nodeProblem() {
  const own = path.join(root, "node_modules", ".bin", "node");
  const version = spawnSync(own, ["--version"], { encoding: "utf8" }).stdout ?? "";
  if (major(version.slice(1)) >= 24) return undefined;
  // one that does not run here (musl, say) must not stand before the system's
  rmSync(own, { force: true });
  if (major(process.versions.node) >= 24) return undefined;
  return `Hestia runs on Node 24 or newer, this is ${process.versions.node} and there is none to install for ${process.platform} ${process.arch}; get one from https://nodejs.org.`;
}

function showProgress(since) {
  const text = () => `installing what is missing (npm ci), ${seconds(since)} s`;
  const { stderr } = process;
  if (!stderr.isTTY) {
    say("installing what is missing (npm ci)");
    const timer = setInterval(() => say(text()), 10_000);
    return () => clearInterval(timer);
  }
  const frames = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];
  let turn = 0;
  const draw = () => stderr.write(`\r\x1b[2K${frames[turn++ % frames.length]} ${text()}`);
  const timer = setInterval(draw, 100);
  draw();
  return () => {
    clearInterval(timer);
    stderr.write("\r\x1b[2K");
  };
}

function fail(sentence, before = "") {
  if (before) process.stderr.write(`${before.trimEnd()}\n`);
  say(sentence);
  return 1;
}

function say(text) {
  process.stderr.write(`hestia: ${text}\n`);
}

function seconds(since) {
  return Math.round((Date.now() - since) / 1000);
}

function major(version) {
  return Number.parseInt(version, 10) || 0;
}

function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

process.exitCode = await ensure();
