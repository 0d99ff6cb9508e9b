// What a tenant's activation waits for: what is met, when and by whom, and what to do about the rest.
import type { TenantView, VerificationsView } from "@hestia/api";
import { Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Facts } from "../shared/facts.tsx";
import { fill } from "../shared/fill.ts";
import { formatTime } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useDialog, useVerifications, verify } from "./room.ts";
import { useAct } from "./use-act.ts";

type Item = VerificationsView["items"][number];

const words = texts.tenant.verifications;

export function VerificationsCard({ tenant }: { tenant: TenantView }): ReactNode {
  const { data, error, refetch } = useVerifications(tenant.id);
  const open = useDialog();
  const isPending = tenant.status === "pending";
  return (
    <Card
      title={words.title}
      actions={
        isPending &&
        (data?.missing.length ?? 0) > 0 && (
          <Button size="xs" variant="default" onClick={() => open("activate")}>
            {words.override}
          </Button>
        )
      }
    >
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton h={40} />}
      {data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {words.none}
        </Text>
      )}
      {data?.items.map((item) => (
        <Verification key={item.requirement} tenant={tenant} item={item} canAct={isPending} />
      ))}
    </Card>
  );
}

const colours = { open: "yellow", met: "teal", waived: "gray" } as const;

function Verification({
  tenant,
  item,
  canAct,
}: {
  tenant: TenantView;
  item: Item;
  canAct: boolean;
}): ReactNode {
  const { requirement, state, next, email, record, attempts, expiresAt, metAt, metBy, reason } =
    item;
  const isOpen = state === "open";
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <Text fw={600} size="sm">
          {words.names[requirement]}
        </Text>
        <Badge color={colours[state]} variant="light" tt="none">
          {words.states[state]}
        </Badge>
      </Group>
      {email !== undefined && <Text size="sm">{email}</Text>}
      {isOpen && next !== undefined && <Text size="sm">{next}</Text>}
      {record && (
        <Facts
          facts={[
            [words.recordName, <CopyText key="name" value={record.name} />],
            [words.recordType, record.type],
            [words.recordValue, <CopyText key="value" value={record.value} />],
          ]}
        />
      )}
      {isOpen && expiresAt !== undefined && (
        <Text size="sm">{fill(words.expires, { when: formatTime(expiresAt) })}</Text>
      )}
      {isOpen && attempts > 0 && (
        <Text size="sm" c="dimmed">
          {fill(words.attempts, { count: attempts })}
        </Text>
      )}
      {metAt !== undefined && (
        <Text size="sm" c="dimmed">
          {fill(words.by, { when: formatTime(metAt), who: metBy ?? "" })}
          {reason !== undefined && ` — ${reason}`}
        </Text>
      )}
      {isOpen && canAct && <NextStep tenant={tenant} requirement={requirement} />}
    </Stack>
  );
}

function NextStep({
  tenant: { id: tenantId, domain },
  requirement,
}: {
  tenant: TenantView;
  requirement: Item["requirement"];
}): ReactNode {
  const open = useDialog();
  const act = useAct(verify, () => {
    if (requirement === "domain") notifications.show({ message: words.checked });
  });
  const isDomain = requirement === "domain";
  if (requirement === "email" || requirement === "approval")
    return (
      <Group>
        <Button
          size="xs"
          variant="light"
          onClick={() => open(requirement === "email" ? "token" : "approve")}
        >
          {requirement === "email" ? words.token : words.approve}
        </Button>
      </Group>
    );
  if (isDomain && domain === undefined)
    return (
      <Group>
        <Button size="xs" variant="light" onClick={() => open("edit")}>
          {texts.tenant.actions.edit}
        </Button>
      </Group>
    );
  return (
    <Stack gap="xs">
      {act.error && <Problem error={act.error} />}
      <Group>
        <Button
          size="xs"
          variant="light"
          loading={act.isPending}
          onClick={() => act.mutate({ tenantId, requirement })}
        >
          {isDomain ? words.check : words.signOn}
        </Button>
      </Group>
    </Stack>
  );
}
