// The application's migrations: how far the fleet is, one run, a roll-out being prepared, or a drift check, by the address.
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DriftView } from "./drift-view.tsx";
import { Overview } from "./overview.tsx";
import { RollOutView } from "./roll-out-view.tsx";
import { RunView } from "./run-view.tsx";

const route = getRouteApi("/inside/migrations");

export function MigrationsPage(): ReactNode {
  const { run, view } = route.useSearch();
  if (run !== undefined) return <RunView key={run} id={run} />;
  if (view === "roll-out") return <RollOutView />;
  if (view === "drift") return <DriftView />;
  return <Overview />;
}
