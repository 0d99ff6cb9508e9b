// The house rules that a machine can hold: who imports whom, what is read where, how files are named and begin.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

type Source = { readonly path: string; readonly text: string };
let sources: Source[] = [];
beforeAll(async () => {
  const { stdout } = await run("git", ["ls-files", "*.ts", "*.mjs"], { cwd: root });
  const paths = stdout
    .split("\n")
    .filter((path) => path !== "" && !/\.generated\.ts$|\/generated\//.test(path));
  const read = await Promise.allSettled(
    paths.map(async (path) => ({ path, text: await readFile(join(root, path), "utf8") })),
  );
  // A file that was deleted and not committed yet is still listed.
  sources = read.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
});

const isTest = ({ path }: Source) => /\.test(-d)?\.ts$|\.fixture\.ts$|^test\/|\/test\//.test(path);
const own = () => sources.filter((source) => !isTest(source));
const paths = (list: readonly Source[]) => list.map(({ path }) => path);

describe("every source file", () => {
  test("begins by saying what it is", () => {
    const silent = sources.filter(
      ({ path, text }) => !isTest({ path, text }) && !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(text),
    );
    expect(paths(silent)).toEqual([]);
  });

  test("holds one idea: at most 420 lines", () => {
    expect(
      paths(
        sources.filter(
          ({ path, text }) =>
            !path.includes("/data/") && text.split("\n").length > 420 && !isTest({ path, text }),
        ),
      ),
    ).toEqual([]);
  });

  test("is named after what it exports, not after a drawer", () => {
    const drawers = /^(utils?|helpers?|common|lib|types|interfaces?|misc|manager|base|impl)\.ts$/;
    expect(paths(sources.filter(({ path }) => drawers.test(basename(path))))).toEqual([]);
    expect(paths(sources.filter(({ path }) => /[A-Z_]/.test(basename(path))))).toEqual([]);
  });

  test("has nothing unfinished in it", () => {
    const marks = new RegExp(["TO", "DO|FIX", "ME|XX", "X\\b"].join(""));
    expect(paths(sources.filter(({ text }) => marks.test(text)))).toEqual([]);
  });

  test("has no enum, no default export and no test that is switched off", () => {
    const allowed = /\.config\.ts$|^test\/postgres-server\.ts$|\/app\/palette\.tsx$/;
    expect(
      paths(
        sources.filter(({ path, text }) => /^export default /m.test(text) && !allowed.test(path)),
      ),
    ).toEqual([]);
    expect(paths(sources.filter(({ text }) => /^(export )?(const )?enum /m.test(text)))).toEqual(
      [],
    );
    const off = new RegExp(
      `\\b(test|it|describe)\\.(${["on", "ly|to", "do|fa", "ils"].join("")})\\(`,
    );
    expect(paths(sources.filter(({ text }) => off.test(text)))).toEqual([]);
  });
});

test("the environment is read where a program begins, and nowhere else", () => {
  const allowed = [
    /\/main\.ts$/,
    /^scripts\//,
    /^bench\//,
    // The library's one default: applications give the secret key by the environment.
    /^packages\/postgres\/src\/connect\.ts$/,
    /^packages\/cli\/src\/environment\.ts$/,
    // PATH for PostgreSQL's own programs, and nothing else of it.
    /^packages\/postgres\/src\/embedded\/cluster\.ts$/,
    // NODE_ENV for the time of a build, since libraries are built by it.
    /^packages\/console\/build\/build\.ts$/,
  ];
  const readers = own().filter(({ text }) => /\bprocess\.env\b/.test(text));
  expect(paths(readers).filter((path) => !allowed.some((each) => each.test(path)))).toEqual([]);
});

test("core and api take time and chance as arguments", () => {
  const takers = own().filter(
    ({ path, text }) =>
      /^packages\/(core|api)\/src\//.test(path) &&
      /^(?!\s*(\*|\/\/)).*(\bMath\.random\(|new Date\(\))/m.test(text),
  );
  expect(paths(takers)).toEqual([]);
});

describe("import directions", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hestia-directions-"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await cp(join(root, ".dependency-cruiser.cjs"), join(folder, ".dependency-cruiser.cjs"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await mkdir(join(folder, "examples"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    [
      "core reaches up",
      "packages/core/src/bad.ts",
      'import "../../server/src/index.ts";',
      "core-imports-only-nothing",
    ],
    [
      "api reaches down",
      "packages/api/src/bad.ts",
      'import "../../postgres/src/index.ts";',
      "api-imports-only-core",
    ],
    ["core does I/O", "packages/core/src/io.ts", 'import "node:fs";', "core-does-no-io"],
    [
      "an example reaches inside",
      "examples/x/src/bad.ts",
      'import "../../../packages/postgres/src/inside.ts";',
      "examples-and-benches-use-public-packages",
    ],
    [
      "a package reaches inside another",
      "packages/server/src/bad.ts",
      'import "../../postgres/src/inside.ts";',
      "no-deep-imports-across-packages",
    ],
    ["two files go round in a circle", "packages/core/src/a.ts", 'import "./b.ts";', "no-cycles"],
    [
      "an import leads nowhere",
      "packages/core/src/lost.ts",
      'import "./nothing.ts";',
      "nothing-unresolvable",
    ],
  ])("are broken when %s", async (_, path, text, rule) => {
    const files: Record<string, string> = {
      "packages/server/src/index.ts": "export const a = 1;",
      "packages/postgres/src/index.ts": "export const a = 1;",
      "packages/postgres/src/inside.ts": "export const a = 1;",
      "packages/core/src/b.ts": 'import "./a.ts";',
      "packages/core/src/a.ts": "export const a = 1;",
      [path]: text,
    };
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(folder, dirname(name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    expect(await violations(folder)).toContain(rule);
    await rm(join(folder, path));
  });

  test("hold in this repository", async () => {
    expect(await violations(root)).toEqual([]);
  });
});

async function violations(cwd: string): Promise<string[]> {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const folders =
    cwd === root ? ["packages", "examples", "bench", "scripts", "test"] : ["packages", "examples"];
  const { stdout } = await run(process.execPath, [program, "--output-type", "json", ...folders], {
    cwd,
    maxBuffer: 1 << 28,
  }).catch((failed: { stdout: string }) => failed);
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string } }[] };
  };
  return summary.violations.map(({ rule }) => rule.name);
}
