// The first operator key. A new platform makes one and shows it once; a configured one is let in besides. Only digests
// are stored, so that a key can be shown at no other time.
import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeId, type OperatorKeyId } from "@hestia/core";
import {
  hasOperatorKeys,
  insertOperatorKey,
  lockOperatorKeys,
  type PlatformTx,
} from "@hestia/postgres/platform";
import { recordEvent } from "./audit.ts";
import type { Config } from "./config.ts";
import type { Platform } from "./platform.ts";

/** What the start found out about keys. */
export type FirstKey = {
  /** The platform had no key before. */
  readonly firstRun: boolean;
  /** The key that was made; it is never to be had again. */
  readonly operatorKey?: string | undefined;
};

const actor = { kind: "system", name: "start" } as const;

/** Lets the configured key in, or makes the first one. */
export async function ensureOperatorKey(
  platform: Pick<Platform, "db" | "now" | "config">,
): Promise<FirstKey> {
  const { config, db } = platform;
  return db.asPlatform(async (tx) => {
    await lockOperatorKeys(tx);
    const firstRun = !(await hasOperatorKeys(tx));
    if (config.operatorKey !== undefined) {
      await add(tx, platform, "HESTIA_OPERATOR_KEY", config.operatorKey);
      return { firstRun };
    }
    if (!firstRun) return { firstRun };
    const operatorKey = `hst_${randomBytes(32).toString("base64url")}`;
    await add(tx, platform, "first key", operatorKey);
    // Written before the commit: a key that is stored but known to no one would lock everyone out.
    await writeKey(config, operatorKey);
    return { firstRun, operatorKey };
  });
}

async function add(
  tx: PlatformTx,
  { now }: Pick<Platform, "now">,
  name: string,
  secret: string,
): Promise<void> {
  const at = now();
  const made = { id: makeId<OperatorKeyId>(at), name };
  if ((await insertOperatorKey(tx, made, { secret, now: at })) === undefined) return;
  await recordEvent(
    tx,
    { actor },
    { type: "operator_key.created", data: { operatorKeyId: made.id, name }, now: at },
  );
}

async function writeKey({ dataFolder }: Pick<Config, "dataFolder">, key: string): Promise<void> {
  if (dataFolder === undefined) return;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const path = join(dataFolder, "operator-key");
  // Renamed into place, so that no one reads half a key, and never readable by others.
  await writeFile(`${path}.new`, `${key}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
