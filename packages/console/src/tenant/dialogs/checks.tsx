// Everything that keeps a tenant from its end, at once, and what goes with it.

import type { TenantId } from "@hestia/core";
import { Alert, List, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem } from "../../shared/problem.tsx";
import { texts } from "../../texts/index.ts";
import { useChecks } from "../room.ts";

export function Checks({
  tenantId,
  end,
}: {
  tenantId: TenantId;
  end: "delete" | "purge";
}): ReactNode {
  const words = texts.tenant.dialog;
  const { data, error, refetch } = useChecks(tenantId);
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton h={20} />;
  const inTheWay = data.items.filter(({ keepsFrom }) => keepsFrom.includes(end));
  const told = data.items.filter(({ keepsFrom }) => !keepsFrom.includes(end));
  return (
    <Stack gap="xs">
      {inTheWay.length > 0 ? (
        <Alert color="red" title={words.checks}>
          <Messages items={inTheWay} />
        </Alert>
      ) : (
        <Text size="sm">{words.checksNone}</Text>
      )}
      {told.length > 0 && (
        <Alert color="blue" title={words.checksTold}>
          <Messages items={told} />
        </Alert>
      )}
    </Stack>
  );
}

function Messages({ items }: { items: readonly { message: string }[] }): ReactNode {
  return (
    <List size="sm">
      {items.map(({ message }) => (
        <List.Item key={message}>{message}</List.Item>
      ))}
    </List>
  );
}
