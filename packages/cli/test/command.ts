// The command as people and scripts run it: a process with words, an environment, and a folder it runs in.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../bin/hestia.js", import.meta.url));

/** What came of a run. */
export type Outcome = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** How a run differs from one in an empty environment. */
export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another Node than this one. */
  readonly node?: string;
  /** Another program around it: what to run instead of the given command line. */
  readonly within?: (line: readonly string[]) => readonly string[];
  readonly stdin?: string;
  /** Given the running process. */
  readonly onStart?: (child: ChildProcess) => void;
};

/** A command line as a shell reads it. */
export const shellLine = (line: readonly string[]): string =>
  line.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

/** Runs `hestia` with the words and resolves when it has ended. */
export async function hestia(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const line = [options.node ?? process.execPath, program, ...words];
  const [file = "", ...rest] = options.within?.(line) ?? line;
  const child = spawn(file, rest, {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  options.onStart?.(child);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...said };
}

/** What a run printed for programs; throws unless it is JSON and nothing else. */
export function jsonOf<Value>({ stdout, stderr, code }: Outcome): Value {
  try {
    return JSON.parse(stdout) as Value;
  } catch (cause) {
    throw new Error(`no JSON (exit ${code}): ${stdout}\n${stderr}`, { cause });
  }
}
