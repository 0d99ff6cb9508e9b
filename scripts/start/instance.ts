// One supervisor per data folder. The folder remembers which processes run, so that a second `npm start` can say so
// and the first one after a crash can end what the crash left, sure that a pid still means the same process.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processBirth, tryPidLock } from "@hestia/postgres/embedded";

/** The claim on a data folder. */
export type Instance = {
  /** Notes a process of ours, for whoever comes after a crash. */
  noteProcess(name: string, pid: number | undefined): void;
  /** Notes where things are: for a second `npm start`, and the control plane's address for the command line. */
  noteAddresses(lines: string[], url: string): void;
  /** Ends what the last supervisor left running when it was killed. */
  endLeftovers(onWait: (text: string) => void): Promise<void>;
  release(): void;
};

type Notes = {
  addresses: string[];
  url?: string;
  processes: Record<string, { pid: number; birth: string }>;
};

/** Claims the folder, or says which process has it and where its things are. */
export function claimInstance(data: string): Instance | { pid: number; addresses: string[] } {
  const file = join(data, "running.json");
  const lock = tryPidLock(join(data, "supervisor.lock"));
  if ("holder" in lock) return { pid: lock.holder, addresses: readNotes(file).addresses };
  const left = readNotes(file).processes;
  const notes: Notes = { addresses: [], processes: { ...left } };
  const write = () => writeFileSync(file, `${JSON.stringify(notes, null, 2)}\n`, { mode: 0o600 });
  return {
    noteProcess: (name, pid) => {
      const birth = pid === undefined ? undefined : processBirth(pid);
      if (pid === undefined || birth === undefined) delete notes.processes[name];
      else notes.processes[name] = { pid, birth };
      write();
    },
    noteAddresses: (lines, url) => {
      notes.addresses = lines;
      notes.url = url;
      write();
    },
    endLeftovers: async (onWait) => {
      await Promise.all(Object.entries(left).map(([name, each]) => end(name, each, onWait)));
      notes.processes = {};
      write();
    },
    release: () => {
      rmSync(file, { force: true });
      lock.release();
    },
  };
}

function readNotes(file: string): Notes {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { addresses: [], processes: {} };
  }
}

/** They end by themselves when their supervisor is gone; one that hangs is helped. */
async function end(
  name: string,
  { pid, birth }: { pid: number; birth: string },
  onWait: (text: string) => void,
): Promise<void> {
  const isOurs = () => processBirth(pid) === birth;
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const deadline = Date.now() + 5_000;
    while (isOurs() && Date.now() < deadline) {
      onWait(`waiting for ${name} of the last run (process ${pid}) to end`);
      await delay(100);
    }
    if (isOurs()) process.kill(pid, signal);
  }
}
