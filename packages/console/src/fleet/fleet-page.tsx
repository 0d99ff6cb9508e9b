// How everything is, at a glance.
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function FleetPage(): ReactNode {
  return <Page title={texts.app.nav.fleet}>…</Page>;
}
