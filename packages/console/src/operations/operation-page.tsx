// OperationPage.
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function OperationPage(): ReactNode {
  return <Page title={texts.app.nav.operations}>…</Page>;
}
