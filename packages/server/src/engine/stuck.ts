// Operations that come no further: undoing them failed to the last try, so something is left behind that only a person
// can clear. They are listed, told of by an event, and go on where they stopped when they are retried.
import type { OperationId } from "@hestia/core";
import { markStuck } from "@hestia/postgres/platform";
import { recordEvent } from "../audit.ts";
import { type Platform, tenantLog } from "../platform.ts";
import { ClaimLost } from "./kinds.ts";

/** Notes that nobody will try the operation again by itself. */
export async function giveUp(
  platform: Platform,
  operationId: OperationId,
  error: unknown,
): Promise<void> {
  if (error instanceof ClaimLost) return;
  await platform.db.asPlatform(async (tx) => {
    const now = platform.now();
    const stuck = await markStuck(tx, operationId, now);
    if (stuck === undefined) return;
    const { kind, tenantId } = stuck;
    tenantLog(platform.log, tenantId).error(
      { err: error, operationId, kind },
      "operation is stuck",
    );
    await recordEvent(
      tx,
      { actor: { kind: "system", name: "engine" } },
      { type: "operation.stuck", tenantId, data: { operationId, kind }, now },
    );
  });
}
