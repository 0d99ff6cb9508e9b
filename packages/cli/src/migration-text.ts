// Where the application's migrations stand, as people read it.
import type { DriftResult, MigrationStateView, TrialResult } from "@hestia/api";
import type { Colours, Output } from "./output.ts";
import { renderTable } from "./table.ts";
import { relativeTime } from "./times.ts";

/** How a file in the folder and the stored one compare. */
export type FileState = "stored" | "not stored" | "changed here" | "missing here";

/** The files, the targets' numbers, and why targets failed. */
export function migrationText(
  { files, targets, versions, failures }: MigrationStateView,
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
  if (versions.length > 1) parts.push(versionsText(versions, output));
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

function versionsText(versions: MigrationStateView["versions"], output: Output): string {
  const columns = [{ title: "VERSION" }, { title: "PARTITIONS", align: "right" as const }];
  const rows = versions.map(({ version = "none", targets }) => [version, String(targets)]);
  return renderTable(columns, rows, output);
}

function failuresText(failures: MigrationStateView["failures"], output: Output): string {
  const columns = [
    { title: "TARGET" },
    { title: "FILE" },
    { title: "STATE" },
    { title: "WHY", gives: true as const },
  ];
  const rows = failures.map(({ target, slug = target, file, line, blocked, message }) => [
    slug,
    line === undefined ? file : `${file}:${line}`,
    blocked ? "blocked" : "try again",
    message,
  ]);
  return `${renderTable(columns, rows, output)}\n\nTo try them again: hestia migrate retry`;
}

/** Who would get what, and which files would fail. */
export function trialText(trial: TrialResult, output: Output): string {
  const { colours } = output;
  const rows = trial.waves.map(({ name, count, targets }) => {
    const named = targets.slice(0, 4).map(({ slug, target }) => slug ?? target);
    const files = new Set(targets.flatMap((each) => each.files));
    return [name, String(count), `${named.join(", ")}${count > 4 ? ", …" : ""}`, filesText(files)];
  });
  const columns = [
    { title: "WAVE" },
    { title: "TARGETS", align: "right" as const },
    { title: "AMONG THEM", gives: true as const },
    { title: "FILES" },
  ];
  return [
    rows.length === 0 ? "Every target is current." : renderTable(columns, rows, output),
    ...trial.blocked.map(
      ({ slug, target, message }) => `${colours.yellow("▲")} ${slug ?? target}: ${message}`,
    ),
    ...trial.files
      .filter((each) => each.message !== undefined)
      .map(({ message }) => `${colours.red("✖")} ${message}`),
  ].join("\n\n");
}

function filesText(files: ReadonlySet<string>): string {
  const [first = "", ...more] = files;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

/** Each partition that differs, with its differences. */
export function driftText(result: DriftResult, { colours }: Output): string {
  const { compared, differing, drifts, unread } = result;
  const parts = drifts.map(({ target, slug, count, differences }) => {
    const lines = differences.map(({ kind, name, state, expected, found }) => {
      const change =
        state === "different" ? `\n      is      ${found}\n      not     ${expected}` : "";
      return `  ${colours.yellow(state)} ${kind} ${name}${colours.dim(change)}`;
    });
    const more = count > differences.length ? [`  and ${count - differences.length} more`] : [];
    return [`${colours.red("✖")} ${slug ?? target}`, ...lines, ...more].join("\n");
  });
  const not = unread.map(
    ({ slug, target, message }) => `${colours.red("✖")} ${slug ?? target}: ${message}`,
  );
  const rest = differing > drifts.length ? [`And ${differing - drifts.length} more differ.`] : [];
  const sum =
    differing + unread.length === 0
      ? `${colours.green("✔")} ${compared} partitions are as their migrations make them.`
      : `${colours.red("✖")} ${differing} of ${compared} partitions differ${unread.length > 0 ? `, ${unread.length} could not be compared` : ""}.`;
  return [...parts, ...not, ...rest, sum].join("\n\n");
}
