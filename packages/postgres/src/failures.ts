// What PostgreSQL and the socket report, in Hestia's words. Everything else passes through as pg's own error,
// because an application acts on SQLSTATEs and constraint names.

import { HestiaError } from "@hestia/core";

type Reported = Error & { code?: string; severity?: string; routine?: string };

const scopeCodes = {
  HT001: "scope_missing",
  HT002: "tenant_suspended",
  HT003: "tenant_readonly",
  HT004: "tenant_moved",
  HT005: "tenant_ended",
} as const;

/** Server states that mean "not now": shutting down, starting, too many connections, connection lost. */
const unavailableStates = /^(57P0[1235]|53300|0800[01346])$/;

const socketCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
]);

/** True when the database could not be reached or went away; trying again later may help. */
export function isUnavailable(error: unknown): boolean {
  const { code, message, routine } = error as Reported;
  // A pooler gives this state to everything it has to say; PostgreSQL itself names the routine that found the fault.
  if (code === "08P01") return routine === undefined;
  if (code !== undefined) return socketCodes.has(code) || unavailableStates.test(code);
  return /Connection terminated|was closed and is not queryable|^timeout expired$|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    message ?? "",
  );
}

/** The scope's own SQLSTATE, when the error carries one. */
export function scopeCode(error: unknown): keyof typeof scopeCodes | undefined {
  const code = (error as Reported).code;
  return code !== undefined && code in scopeCodes ? (code as keyof typeof scopeCodes) : undefined;
}

/** COPY FROM passes row security by, so PostgreSQL refuses it. */
export function copyFromRefused(cause?: unknown): HestiaError {
  const rule = "COPY FROM is not possible under row security: use tenant.load(table, rows)";
  return new HestiaError("statement_refused", { rule }, { cause });
}

/** The error as the caller sees it: HestiaError for the scope and for an absent database, else unchanged. */
export function translate(error: unknown): unknown {
  const scope = scopeCode(error);
  if (scope) return new HestiaError(scopeCodes[scope], {}, { cause: error });
  if (isUnavailable(error)) return new HestiaError("database_unavailable", {}, { cause: error });
  const { code, routine } = error as Reported;
  return code === "0A000" && routine === "DoCopy" ? copyFromRefused(error) : error;
}

/** Runs the work; what it throws is translated. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}
