// English. One file for each noun.
import { app } from "./en/app.ts";
import { tenants } from "./en/tenants.ts";

export const en = { app, tenants };
