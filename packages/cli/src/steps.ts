// The steps of an operation as they go: on a terminal all of them, drawn again at every change; elsewhere a line for
// each step that ended, and one for what a long step reports of itself.
import type { OperationView } from "@hestia/api";
import type { Colours, Output } from "./output.ts";
import { duration } from "./times.ts";

type Step = OperationView["steps"][number];

/** Shows an operation's steps. */
export type StepView = {
  show(operation: OperationView): void;
  /** Leaves what stands on the terminal where it is. */
  end(): void;
};

/** Makes a view on the standard error. */
export function makeStepView(output: Output): StepView {
  return output.isLive ? liveView(output) : plainView(output);
}

function liveView(output: Output): StepView {
  let lines: string[] = [];
  return {
    show: (operation) => {
      lines = operation.steps.map((step) => stepLine(step, output.noteColours));
      output.live([...lines, ...barOf(operation, output.noteColours)]);
    },
    end: () => {
      if (lines.length > 0) output.note(lines.join("\n"));
      lines = [];
    },
  };
}

const barWidth = 30;

/** How far work is that counts what it has done; work of a few steps shows itself by them. */
function barOf({ kind, status, progress }: OperationView, colours: Colours): string[] {
  if (!kind.startsWith("migrations.") || status !== "running") return [];
  const done = Math.floor(progress * barWidth);
  const bar = colours.cyan("█".repeat(done)) + colours.dim("░".repeat(barWidth - done));
  return [`${bar} ${Math.floor(progress * 100)} %`];
}

function plainView(output: Output): StepView {
  const said = new Map<string, string>();
  return {
    show: ({ steps }) => {
      for (const step of steps) {
        const line = stepLine(step, output.noteColours);
        const isNews =
          step.status === "running" ? step.detail !== undefined : step.status !== "pending";
        if (isNews && said.get(step.name) !== line) output.note(line);
        said.set(step.name, line);
      }
    },
    end: () => {},
  };
}

/** One step in one line: a sign, its name, how long it took, what it says of itself. */
export function stepLine(step: Step, colours: Colours): string {
  const took =
    step.startedAt === undefined || step.finishedAt === undefined
      ? ""
      : ` ${duration(Date.parse(step.finishedAt) - Date.parse(step.startedAt))}`;
  const detail = step.detail === undefined ? "" : `  ${step.detail}`;
  const more = took + detail;
  return `${signOf(step.status, colours)} ${step.name}${more === "" ? "" : colours.dim(more)}`;
}

function signOf(status: Step["status"], colours: Colours): string {
  switch (status) {
    case "succeeded":
      return colours.green("✔");
    case "failed":
      return colours.red("✖");
    case "running":
      return colours.cyan("▸");
    case "undone":
      return colours.yellow("↶");
    case "skipped":
      return colours.dim("–");
    default:
      return colours.dim("·");
  }
}
