// What a tenant is: its facts and settings, what its activation waits for, and what keeps it.
import type { TenantView } from "@hestia/api";
import { Button, Code, SimpleGrid, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Facts } from "../shared/facts.tsx";
import { texts } from "../texts/index.ts";
import { HoldsCard } from "./holds-card.tsx";
import { HostLink } from "./host-link.tsx";
import { KeepingCard } from "./keeping-card.tsx";
import { offersOf } from "./moves.ts";
import { useDialog, useTenant, useTenantId } from "./room.ts";
import styles from "./tenant.module.css";
import { VerificationsCard } from "./verifications-card.tsx";
import { When } from "./when.tsx";

export function OverviewTab(): ReactNode {
  const { data: tenant } = useTenant(useTenantId());
  if (tenant === undefined) return null;
  // Of one that is purged there is nothing left that these could tell.
  const isGone = tenant.status === "purged";
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Stack gap="md">
        <FactsCard tenant={tenant} />
        {!isGone && <SettingsCard tenant={tenant} />}
      </Stack>
      <Stack gap="md">
        {!isGone && <VerificationsCard tenant={tenant} />}
        <HoldsCard tenant={tenant} />
        {!isGone && <KeepingCard tenant={tenant} />}
      </Stack>
    </SimpleGrid>
  );
}

function EditButton({ tenant }: { tenant: TenantView }): ReactNode {
  const open = useDialog();
  const offer = offersOf(tenant).find(({ dialog }) => dialog === "edit");
  if (offer?.why !== undefined) return null;
  return (
    <Button size="xs" variant="default" onClick={() => open("edit")}>
      {texts.tenant.actions.edit}
    </Button>
  );
}

function FactsCard({ tenant }: { tenant: TenantView }): ReactNode {
  const words = texts.tenant.facts;
  const { id, slug, domain, plan, isolation, placement, trialEndsAt, reviewAt } = tenant;
  const time = (iso: string | undefined) => iso && <When iso={iso} />;
  return (
    <Card title={words.title} actions={<EditButton tenant={tenant} />}>
      <Facts
        facts={[
          [words.id, <CopyText key="id" value={id} />],
          [words.slug, <CopyText key="slug" value={slug} />],
          [
            words.host,
            tenant.status === "purged" ? words.none : <HostLink key="host" slug={slug} />,
          ],
          [
            words.domain,
            domain === undefined ? words.none : <CopyText key="domain" value={domain} />,
          ],
          [
            words.plan,
            <Link key="plan" to="/plans/$planId" params={{ planId: plan }}>
              {plan}
            </Link>,
          ],
          [words.isolation, texts.tenants.isolation[isolation]],
          [words.cluster, placement.cluster],
          [words.database, placement.database && <CopyText value={placement.database} />],
          [words.schema, placement.schema && <CopyText value={placement.schema} />],
          [words.trialEnds, time(trialEndsAt)],
          [words.review, time(reviewAt)],
          [words.created, time(tenant.createdAt)],
          [words.updated, time(tenant.updatedAt)],
        ]}
      />
    </Card>
  );
}

function SettingsCard({ tenant }: { tenant: TenantView }): ReactNode {
  const words = texts.tenant.facts;
  const isEmpty = Object.keys(tenant.settings).length === 0;
  return (
    <Card title={words.settings}>
      {isEmpty ? (
        <Text size="sm" c="dimmed">
          {words.noSettings}
        </Text>
      ) : (
        <Code block className={styles.pre}>
          {JSON.stringify(tenant.settings, null, 2)}
        </Code>
      )}
    </Card>
  );
}
