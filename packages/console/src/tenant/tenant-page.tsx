// One tenant: its header, and the tabs below it.
import { Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";

export function TenantPage(): ReactNode {
  return (
    <Page title={texts.app.nav.tenants}>
      <Outlet />
    </Page>
  );
}
