// WebhookPage.
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function WebhookPage(): ReactNode {
  return <Page title={texts.app.nav.webhooks}>…</Page>;
}
