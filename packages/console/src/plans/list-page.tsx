// PlanListPage.
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function PlanListPage(): ReactNode {
  return <Page title={texts.app.nav.plans}>…</Page>;
}
