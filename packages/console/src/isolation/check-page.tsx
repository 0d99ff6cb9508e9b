// IsolationCheckPage.
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function IsolationCheckPage(): ReactNode {
  return <Page title={texts.app.nav.isolation}>…</Page>;
}
