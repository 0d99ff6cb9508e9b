// Legal holds: placed and lifted by operators, each with its reason in the audit log.
import { type holdRoutes, holdView } from "@hestia/api";
import { assert, HestiaError, type HoldId, type LegalHold } from "@hestia/core";
import { getTenant, insertHold, liftHold, listHolds, lockTenant } from "@hestia/postgres/platform";
import { recordEvent } from "./audit.ts";
import type { Handlers } from "./handlers.ts";

/** The handlers of legal holds. */
export const holdHandlers: Handlers<typeof holdRoutes> = {
  list: async ({ platform }, { tenantId }) => {
    const holds = await platform.db.asPlatform(async (tx) => {
      await getTenant(tx, tenantId);
      return listHolds(tx, tenantId);
    });
    return { status: 200, body: { items: holds.map(holdView) } };
  },
  place: async (context, { tenantId, reason }) => {
    const { platform, actor } = context;
    const hold = await platform.db.asPlatform(async (tx): Promise<LegalHold> => {
      const { status } = await lockTenant(tx, tenantId);
      if (status === "purged") throw new HestiaError("tenant_ended");
      const now = platform.now();
      const id = context.makeId<HoldId>();
      const placed = { id, tenantId, reason, placedBy: actor, placedAt: now };
      await insertHold(tx, placed);
      const data = { holdId: id };
      await recordEvent(tx, context, { type: "legal_hold.placed", tenantId, reason, data, now });
      return placed;
    });
    return { status: 201, body: holdView(hold) };
  },
  lift: async (context, { tenantId, holdId, reason }) => {
    const { platform } = context;
    const hold = await platform.db.asPlatform(async (tx) => {
      await lockTenant(tx, tenantId);
      const now = platform.now();
      await liftHold(tx, { tenantId, holdId, now });
      const data = { holdId };
      await recordEvent(tx, context, { type: "legal_hold.lifted", tenantId, reason, data, now });
      return (await listHolds(tx, tenantId)).find(({ id }) => id === holdId);
    });
    assert(hold !== undefined, "a hold that was lifted is there");
    return { status: 200, body: holdView(hold) };
  },
};
