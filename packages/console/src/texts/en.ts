// English. One file for each noun.
import { app } from "./en/app.ts";
import { events } from "./en/events.ts";
import { fleet } from "./en/fleet.ts";
import { isolation } from "./en/isolation.ts";
import { migrations } from "./en/migrations.ts";
import { newTenant } from "./en/new-tenant.ts";
import { operations } from "./en/operations.ts";
import { plans } from "./en/plans.ts";
import { settings } from "./en/settings.ts";
import { tenant } from "./en/tenant.ts";
import { tenants } from "./en/tenants.ts";
import { webhooks } from "./en/webhooks.ts";

export const en = {
  app,
  events,
  fleet,
  isolation,
  migrations,
  newTenant,
  operations,
  plans,
  settings,
  tenant,
  tenants,
  webhooks,
};
