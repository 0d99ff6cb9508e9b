// Where the application's migrations stand, as people read it.
import type { MigrationStateView } from "@hestia/api";
import type { Colours, Output } from "./output.ts";
import { renderTable } from "./table.ts";
import { relativeTime } from "./times.ts";

/** How a file in the folder and the stored one compare. */
export type FileState = "stored" | "not stored" | "changed here" | "missing here";

/** The files, the targets' numbers, and why targets failed. */
export function migrationText(
  { files, targets, failures }: MigrationStateView,
  states: ReadonlyMap<string, FileState>,
  output: Output,
  now: number,
): string {
  const { colours } = output;
  const stored = new Map(files.map((file) => [`${file.set}/${file.name}`, file]));
  const rows = [...states].map(([path, state]) => {
    const file = stored.get(path);
    return [
      path,
      stateText(state, colours),
      file === undefined ? "" : relativeTime(file.storedAt, now),
      file?.checksum.slice(0, 12) ?? "",
    ];
  });
  const columns = [
    { title: "FILE", gives: true as const },
    { title: "STATE" },
    { title: "STORED" },
    { title: "SHA-256" },
  ];
  const parts = [
    rows.length === 0 ? "No migrations are stored." : renderTable(columns, rows, output),
    targetsText(targets, colours),
  ];
  if (failures.length > 0) parts.push(failuresText(failures, output));
  return parts.join("\n\n");
}

function stateText(state: FileState, colours: Colours): string {
  if (state === "stored") return colours.green(state);
  return state === "not stored" ? colours.yellow(state) : colours.red(state);
}

function targetsText({ current, behind, failed }: MigrationStateView["targets"], colours: Colours) {
  const parts = [
    colours.green(`${current} current`),
    ...(behind > 0 ? [colours.yellow(`${behind} behind`)] : []),
    ...(failed > 0 ? [colours.red(`${failed} failed`)] : []),
  ];
  return `Targets: ${parts.join(", ")}`;
}

function failuresText(failures: MigrationStateView["failures"], output: Output): string {
  const columns = [{ title: "TARGET" }, { title: "FILE" }, { title: "WHY" }];
  const rows = failures.map(({ target, file, message }) => [target, file, message]);
  return renderTable(columns, rows, output);
}
