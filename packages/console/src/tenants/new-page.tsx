// A new tenant: described, and then watched while it comes into being.
import { Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";
import { NewTenantForm } from "./new-form.tsx";
import { Provisioning } from "./provisioning.tsx";

const route = getRouteApi("/inside/tenants/new");

export function NewTenantPage(): ReactNode {
  const words = texts.newTenant;
  const { tenant, operation } = route.useSearch();
  const navigate = route.useNavigate();
  if (tenant !== undefined && operation !== undefined)
    return <Provisioning key={operation} tenantId={tenant} operationId={operation} />;
  return (
    <Page title={words.title} lead={<Text c="dimmed">{words.lead}</Text>}>
      <NewTenantForm
        onCreated={({ id, operationId }) =>
          void navigate({ search: { tenant: id, operation: operationId }, replace: true })
        }
      />
    </Page>
  );
}
