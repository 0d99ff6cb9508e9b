// The operations on operator keys, one handler per route. A key's text leaves in one answer alone; the last key that opens
// cannot be revoked, also not by two who revoke each other's at the same moment.
import { type operatorKeyRoutes, operatorKeyView } from "@hestia/api";
import type { OperatorKey, OperatorKeyId } from "@hestia/core";
import {
  getOperatorKey,
  listOperatorKeys,
  lockOperatorKeys,
  type PlatformTx,
  revokeOperatorKey,
} from "@hestia/postgres/platform";
import { pageView, recordEvent } from "./audit.ts";
import type { OperatorContext } from "./context.ts";
import type { Handlers } from "./handlers.ts";
import { addOperatorKey, makeKeyText } from "./operator-key.ts";

/** The handlers of operator keys. */
export const operatorKeyHandlers: Handlers<typeof operatorKeyRoutes> = {
  list: async ({ platform }, page) => ({
    status: 200,
    body: pageView(
      await platform.db.asPlatform((tx) => listOperatorKeys(tx, page)),
      operatorKeyView,
    ),
  }),
  create: async (context, { name }) => {
    const secret = makeKeyText();
    const now = context.platform.now();
    const key = await context.platform.db.asPlatform((tx) =>
      addOperatorKey(tx, context, { name, secret, now }),
    );
    return { status: 201, body: { ...operatorKeyView(key as OperatorKey), secret } };
  },
  revoke: async (context, asked) => ({
    status: 200,
    body: operatorKeyView(await context.platform.db.asPlatform((tx) => revoke(tx, context, asked))),
  }),
};

async function revoke(
  tx: PlatformTx,
  context: OperatorContext,
  { operatorKeyId, reason }: { operatorKeyId: OperatorKeyId; reason?: string | undefined },
): Promise<OperatorKey> {
  await lockOperatorKeys(tx);
  const key = await getOperatorKey(tx, operatorKeyId);
  if (key.revokedAt !== undefined) return key;
  const now = context.platform.now();
  const revoked = await revokeOperatorKey(tx, key, now);
  const data = { operatorKeyId, name: key.name };
  await recordEvent(tx, context, { type: "operator_key.revoked", reason, data, now });
  return revoked;
}
