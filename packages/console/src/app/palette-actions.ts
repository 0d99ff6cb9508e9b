// What the palette offers beside tenants.
import { texts } from "../texts/index.ts";

const { nav } = texts.app;

/** Pages, by their names. */
export const pages = [
  { label: nav.fleet, to: "/" },
  { label: nav.tenants, to: "/tenants" },
  { label: nav.plans, to: "/plans" },
  { label: nav.operations, to: "/operations" },
  { label: nav.migrations, to: "/migrations" },
  { label: nav.isolation, to: "/isolation" },
  { label: nav.webhooks, to: "/webhooks" },
  { label: nav.settings, to: "/settings" },
];

/** Actions, each a page of its own. */
export const actions = [{ label: texts.tenants.create, to: "/tenants/new" }];
