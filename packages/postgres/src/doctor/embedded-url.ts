// Finds the embedded server of a data folder as it runs at present; starts nothing.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findData } from "../embedded/place.ts";
import { isPostmasterOf, readPostmaster } from "../embedded/postmaster.ts";

/** The administrator's URL of the platform database of a data folder; undefined unless its server runs. */
export function findEmbeddedUrl(dataFolder: string): string | undefined {
  const data = findData(join(dataFolder, "postgres"));
  const running = data === undefined ? undefined : readPostmaster(data);
  if (data === undefined || !running?.ready || !isPostmasterOf(running.pid, data)) return undefined;
  const passwordFile = join(data, "..", "password");
  if (!existsSync(passwordFile)) return undefined;
  const password = readFileSync(passwordFile, "utf8").trim();
  return `postgres://postgres:${password}@127.0.0.1:${running.port}/hestia`;
}
