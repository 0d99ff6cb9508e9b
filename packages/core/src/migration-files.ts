// The application's migrations as they arrive: texts that PostgreSQL can hold, each under a path of its own.
import { type Fault, jsonPointer, type Parsed, parsedOr } from "./faults.ts";
import { isJsonObject } from "./json.ts";

/** Returns the files as they were given, or every fault that their schema cannot tell. */
export function parseMigrationFiles(value: unknown): Parsed<unknown> {
  const files = Array.isArray(value) ? value : [];
  const seen = new Set<string>();
  const faults = files.flatMap((file: unknown, index): Fault[] => {
    // What is no file at all is the schema's to tell.
    if (!isFile(file)) return [];
    const path = `${file.set}/${file.name}`;
    const isDouble = seen.has(path);
    seen.add(path);
    return [
      ...(isDouble ? [fault(index, "name", "duplicate", `${path} is there twice.`)] : []),
      ...(!canBeStored(file.sql)
        ? [fault(index, "sql", "malformed", `${path} has a character that cannot be stored.`)]
        : []),
    ];
  });
  return parsedOr(faults, () => value);
}

type File = { readonly set: string; readonly name: string; readonly sql: string };

function isFile(value: unknown): value is File {
  return (
    isJsonObject(value) &&
    [value.set, value.name, value.sql].every((member) => typeof member === "string")
  );
}

function canBeStored(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}

function fault(index: number, member: string, code: string, message: string): Fault {
  return { pointer: jsonPointer(index, member), code, message };
}
