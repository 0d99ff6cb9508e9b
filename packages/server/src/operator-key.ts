// The first operator key. A new platform makes one and shows it once; a configured one is let in besides. Only digests
// are stored, so that a key can be shown at no other time.
import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeId, type OperatorKey, type OperatorKeyId } from "@hestia/core";
import {
  hasOperatorKeys,
  insertOperatorKey,
  lockOperatorKeys,
  type PlatformTx,
} from "@hestia/postgres/platform";
import { type Acting, recordEvent } from "./audit.ts";
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
  const now = platform.now();
  return db.asPlatform(async (tx) => {
    await lockOperatorKeys(tx);
    const firstRun = !(await hasOperatorKeys(tx));
    if (config.operatorKey !== undefined) {
      const given = { name: "HESTIA_OPERATOR_KEY", secret: config.operatorKey, now };
      await addOperatorKey(tx, { actor }, given);
      return { firstRun };
    }
    if (!firstRun) return { firstRun };
    const operatorKey = makeKeyText();
    await addOperatorKey(tx, { actor }, { name: "first key", secret: operatorKey, now });
    // Written before the commit: a key that is stored but known to no one would lock everyone out.
    await writeKey(config, operatorKey);
    return { firstRun, operatorKey };
  });
}

/** Returns a key's text that nobody has. */
export const makeKeyText = (): string => `hst_${randomBytes(32).toString("base64url")}`;

/** Lets a key in; undefined where it is, or was, one already. */
export async function addOperatorKey(
  tx: PlatformTx,
  acting: Acting,
  { name, secret, now }: { name: string; secret: string; now: Date },
): Promise<OperatorKey | undefined> {
  const id = makeId<OperatorKeyId>(now);
  const key = await insertOperatorKey(tx, { id, name }, { secret, now });
  if (key === undefined) return undefined;
  const data = { operatorKeyId: id, name };
  await recordEvent(tx, acting, { type: "operator_key.created", data, now });
  return key;
}

async function writeKey({ dataFolder }: Pick<Config, "dataFolder">, key: string): Promise<void> {
  if (dataFolder === undefined) return;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const path = join(dataFolder, "operator-key");
  // Renamed into place, so that no one reads half a key, and never readable by others.
  await writeFile(`${path}.new`, `${key}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
