// Options that are more than a text, read into values; every fault is told as the server would tell it.
import { readFileSync } from "node:fs";
import { invalidInput, isJsonObject, type JsonObject } from "@hestia/core";
import type { Command } from "commander";

/** Throws `invalid_input` with one fault of an option. */
export function refuseOption(option: string, message: string): never {
  throw invalidInput([{ pointer: option, code: "malformed", message }]);
}

/** Reads a JSON object, or one from a file with `@` before its name. */
export function parseSettings(
  text: string | undefined,
  option = "--settings",
): JsonObject | undefined {
  if (text === undefined) return undefined;
  const json = text.startsWith("@") ? readText(text.slice(1), option) : text;
  try {
    const value: unknown = JSON.parse(json);
    if (isJsonObject(value)) return value;
  } catch (error) {
    refuseOption(option, `It is not JSON: ${(error as Error).message}.`);
  }
  return refuseOption(option, 'It must be a JSON object, such as \'{"locale":"en"}\'.');
}

function readText(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return refuseOption(option, `${file} cannot be read: ${(error as Error).message}.`);
  }
}

/** Reads a list with commas. */
export function parseList<Item extends string>(text: string | undefined): Item[] | undefined {
  return text?.split(",").map((each) => each.trim() as Item);
}

/** Reads a whole number. */
export function parseInteger(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : refuseOption(option, "It must be a whole number.");
}

/** Reads a time, or a day, which begins at midnight UTC. */
export function parseTime(option: string, text: string): Date {
  const isIso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const time = new Date(text);
  return isIso && !Number.isNaN(time.getTime())
    ? time
    : refuseOption(option, "It must be a day or a time, such as 2026-12-01 or 2026-12-01T09:00Z.");
}

/** Adds what every command that asks the server takes. */
export function withServerOptions(command: Command): Command {
  return command
    .option("--url <url>", "the server's address (HESTIA_URL)")
    .option("--json", "print JSON, for programs");
}

/** Adds examples to a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    "after",
    `\n${examples.length === 1 ? "Example" : "Examples"}:\n${examples.map((each) => `  $ hestia ${each}`).join("\n")}`,
  );
}
