import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { completeLock, type Lock, missingEntries } from "./complete-lock.ts";

const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");

test("the lock file has every platform's packages, so that npm ci takes it (node scripts/complete-lock.ts)", () => {
  expect(Object.keys(missingEntries(JSON.parse(text)))).toEqual([]);
});

test("the lock file names no registry", () => {
  expect(text).not.toMatch(/"resolved": "\w+:/);
});

test("a missing platform package is described by its name, beside one of another version", () => {
  const lock: Lock = {
    packages: {
      "": {},
      "node_modules/tool": {
        version: "1.0.0",
        dev: true,
        optionalDependencies: { "tool-linux-x64-musl": "1.0.0", "@tool/win32-ia32-msvc": "1.0.0" },
      },
      "node_modules/@tool/win32-ia32-msvc": { version: "0.9.0" },
      "node_modules/other": { version: "2.0.0", optionalDependencies: { "tool-darwin": "3.0.0" } },
      "node_modules/other/node_modules/tool-darwin": { version: "3.0.0" },
    },
  };
  expect(missingEntries(lock)).toEqual({
    "node_modules/tool-linux-x64-musl": {
      ...{ version: "1.0.0", os: ["linux"], cpu: ["x64"], libc: ["musl"] },
      ...{ dev: true, optional: true },
    },
    "node_modules/tool/node_modules/@tool/win32-ia32-msvc": {
      ...{ version: "1.0.0", os: ["win32"], cpu: ["ia32"], dev: true, optional: true },
    },
  });
  expect(missingEntries(completeLock(lock))).toEqual({});
});
