// What the palette offers beside tenants: pages, actions, and what the screen that is open can do.
import { useEffect } from "react";
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

/** An action: an address, and what it is called. */
export type PaletteAction = {
  readonly label: string;
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
};

/** Actions that every screen offers, each at an address of its own. */
const actions: readonly PaletteAction[] = [
  { label: texts.tenants.create, to: "/tenants/new" },
  { label: texts.plans.create, to: "/plans", search: { do: "new" } },
  { label: texts.webhooks.create, to: "/webhooks", search: { do: "new" } },
  { label: texts.migrations.rollOut.title, to: "/migrations", search: { view: "roll-out" } },
  { label: texts.migrations.drift.action, to: "/migrations", search: { view: "drift" } },
  { label: texts.isolation.dialog.title, to: "/isolation", search: { do: "check" } },
  { label: texts.settings.newKey.title, to: "/settings", search: { do: "new-key" } },
];

const ofScreens = new Set<readonly PaletteAction[]>();

/** Offers actions while a screen is open. */
export function useActions(offered: readonly PaletteAction[]): void {
  useEffect(() => {
    ofScreens.add(offered);
    return () => void ofScreens.delete(offered);
  }, [offered]);
}

/** Everything that can be done now, what the screen offers first. */
export const currentActions = (): readonly PaletteAction[] => [
  ...[...ofScreens].flat(),
  ...actions,
];
