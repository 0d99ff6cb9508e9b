// Whatever goes wrong, said once: a sentence for people, the problem document for programs, and the exit code of its
// kind. A fault of ours shows its stack, since somebody will have to look for it.
import { statusOf, toProblem } from "@hestia/api";
import { errorCodes, HestiaError, isHestiaError } from "@hestia/core";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/** Says what went wrong and returns the exit code. */
export function reportFailure(thrown: unknown, output: Output, json: boolean): number {
  const error = isHestiaError(thrown)
    ? thrown
    : new HestiaError("internal", {}, { cause: thrown, message: messageOf(thrown) });
  output.note(json ? JSON.stringify(problemOf(error), null, 2) : textOf(error, thrown, output));
  return exitCodes[error.kind];
}

function messageOf(thrown: unknown): string {
  return `Something went wrong inside: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}

/** The error as the server would have answered it; what is internal to the server is told by it already. */
function problemOf(error: HestiaError): object {
  if (error.kind !== "internal") return toProblem(error).body;
  return {
    type: `/docs/errors#${error.code}`,
    title: errorCodes[error.code].title,
    status: Number(error.details.status ?? statusOf(error.code)),
    detail: error.message,
    code: error.code,
    ...(error.details.requestId === undefined ? {} : { instance: error.details.requestId }),
  };
}

function textOf(error: HestiaError, thrown: unknown, { noteColours }: Output): string {
  const { requestId } = error.details;
  const request = error.kind === "internal" && requestId !== undefined ? ` (${requestId})` : "";
  const faults = error.faults ?? [];
  const lines = [`${noteColours.red("hestia:")} ${sentenceOf(error)}${request}`];
  const width = Math.max(0, ...faults.map(({ pointer }) => pointer.length));
  for (const { pointer, message } of faults)
    lines.push(`  ${noteColours.bold(pointer.padEnd(width))}  ${message}`);
  const next = nextOf(error);
  if (next !== undefined) lines.push(`  ${next}`);
  if (!isHestiaError(thrown) && thrown instanceof Error && thrown.stack !== undefined)
    lines.push(noteColours.dim(thrown.stack));
  return lines.join("\n");
}

/** The faults stand below it, and not in a document. */
function sentenceOf({ code, message, faults = [] }: HestiaError): string {
  if (code !== "invalid_input" || faults.length === 0) return message;
  return faults.length === 1 ? "The input has a fault:" : `The input has ${faults.length} faults:`;
}

/** The command with which to go on. */
function nextOf({ code, details }: HestiaError): string | undefined {
  if (code !== "operation_failed" || details.next === undefined) return undefined;
  return `When its cause is out of the way: ${details.next}`;
}
