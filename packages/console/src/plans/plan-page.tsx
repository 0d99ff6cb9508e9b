// PlanPage.
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function PlanPage(): ReactNode {
  return <Page title={texts.app.nav.plans}>…</Page>;
}
