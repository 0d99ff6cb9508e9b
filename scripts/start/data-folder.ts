// The folder of everything that outlives a run: readable by its owner alone, but open for PostgreSQL's account to pass
// through where root starts it, since PostgreSQL does not run as root.
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes the folder if it is missing; throws one sentence where it cannot. */
export function openDataFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true });
    chmodSync(data, process.getuid?.() === 0 ? 0o711 : 0o700);
  } catch (cause) {
    throw new Error(
      `The folder ${data} cannot be written; run as its owner or set HESTIA_DATA to another.`,
      { cause },
    );
  }
}

/** The key that the platform's secrets are sealed with: HESTIA_SECRET_KEY, or one made on the first run and kept. */
export function readSecretKey(data: string, given: string | undefined): string {
  if (given) return given;
  const file = join(data, "secret-key");
  if (!existsSync(file)) {
    const draft = `${file}.new`;
    writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
    renameSync(draft, file);
  }
  return readFileSync(file, "utf8").trim();
}

/**
 * What an application connects with, as a file for `node --env-file`: the directory's login, never the administrator's.
 * Returns where it is.
 */
export function writeApplicationEnvironment(
  data: string,
  { directoryUrl, secretKey }: { directoryUrl: string; secretKey: string },
): string {
  const file = join(data, "application.env");
  const draft = `${file}.new`;
  const text = `DATABASE_URL=${directoryUrl}\nHESTIA_SECRET_KEY=${secretKey}\n`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
  return file;
}

/** The port that the embedded PostgreSQL had last, so that addresses stay good from start to start; 0 before the first. */
export function readDatabasePort(data: string): number {
  const file = join(data, "postgres-port");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) || 0 : 0;
}

/** Keeps the port for the next start. */
export function keepDatabasePort(data: string, port: number): void {
  writeFileSync(join(data, "postgres-port"), `${port}\n`);
}

/** The operator's key, which the control plane leaves here on its first run; undefined before that. */
export function readOperatorKey(data: string): string | undefined {
  const file = join(data, "operator-key");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
