// One tenant: who it is, what state it is in and why, what can be done now, and tabs at addresses of their own.
import type { TenantView } from "@hestia/api";
import { Group, Skeleton, Stack } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CopyText } from "../shared/copy-text.tsx";
import { fill } from "../shared/fill.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { StatusBadge } from "../tenants/status-badge.tsx";
import { texts } from "../texts/index.ts";
import { ActionMenu } from "./action-menu.tsx";
import { Dialogs } from "./dialogs/dialogs.tsx";
import { HostLink } from "./host-link.tsx";
import { useTenant, useTenantId } from "./room.ts";
import { StatusNotice } from "./status-notice.tsx";
import styles from "./tenant.module.css";

export function TenantPage(): ReactNode {
  const tenantId = useTenantId();
  const { data: tenant, error, refetch } = useTenant(tenantId);
  if (tenant === undefined && error)
    return (
      <Page title={texts.app.nav.tenants}>
        <Problem error={error} retry={() => void refetch()} />
      </Page>
    );
  if (tenant === undefined) return <Loading />;
  return (
    <Page
      title={tenant.name}
      actions={<ActionMenu tenant={tenant} />}
      lead={<Lead tenant={tenant} />}
    >
      <StatusNotice tenant={tenant} />
      <Tabs tenantId={tenantId} />
      <Outlet />
      <Dialogs tenant={tenant} />
    </Page>
  );
}

function Lead({ tenant }: { tenant: TenantView }): ReactNode {
  const { isolation } = texts.tenants;
  const { id, slug, status, plan, placement } = tenant;
  return (
    <Stack gap={6}>
      <Group gap="xs" fz="sm">
        <StatusBadge status={status} />
        <Link to="/plans/$planId" params={{ planId: plan }}>
          {plan}
        </Link>
        <span aria-hidden>·</span>
        <span>
          {fill(texts.tenant.placed, {
            isolation: isolation[tenant.isolation],
            cluster: placement.cluster,
          })}
        </span>
      </Group>
      <Group gap="md" fz="sm">
        {status !== "purged" && <HostLink slug={slug} />}
        <CopyText value={id} />
      </Group>
    </Stack>
  );
}

function Tabs({ tenantId }: { tenantId: string }): ReactNode {
  const words = texts.tenant.tabs;
  const tabs = [
    ["/tenants/$tenantId", words.overview],
    ["/tenants/$tenantId/timeline", words.timeline],
    ["/tenants/$tenantId/data", words.data],
    ["/tenants/$tenantId/webhooks", words.webhooks],
    ["/tenants/$tenantId/certificate", words.certificate],
  ] as const;
  return (
    <nav aria-label={words.label} className={styles.tabs}>
      {tabs.map(([to, label]) => (
        <Link
          key={to}
          to={to}
          params={{ tenantId }}
          className={styles.tab}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}

function Loading(): ReactNode {
  return (
    <Stack gap="lg" aria-busy aria-label={texts.tenant.loading} role="status">
      <Skeleton h={32} w={280} />
      <Skeleton h={18} w={360} maw="100%" />
      <Skeleton h={36} />
      <Skeleton h={220} />
    </Stack>
  );
}
