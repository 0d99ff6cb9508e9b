// The fleet at a glance.
import type { fleetRoutes } from "@hestia/api";
import { assert } from "@hestia/core";
import { countOperations, countReviewsDue, countTenants } from "@hestia/postgres/platform";
import type { Handlers } from "./handlers.ts";

/** Failures that are older have been seen. */
const failedWithinMs = 7 * 86_400_000;

/** The handler of the fleet. */
export const fleetHandlers: Handlers<typeof fleetRoutes> = {
  get: async ({ platform }) => {
    const failedSince = new Date(platform.now().getTime() - failedWithinMs);
    const body = await platform.db.asPlatform(async (tx) => {
      const operations = await countOperations(tx, failedSince);
      assert(operations !== undefined, "a query of counts returns its row");
      return {
        tenants: await countTenants(tx),
        reviewsDue: await countReviewsDue(tx),
        operations: { ...operations, failedSince: failedSince.toISOString() },
      };
    });
    return { status: 200, body };
  },
};
