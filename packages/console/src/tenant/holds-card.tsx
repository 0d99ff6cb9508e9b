// The tenant's legal holds: those in force first, with their reasons, and those that were lifted.
import type { HoldView, TenantView } from "@hestia/api";
import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { fill } from "../shared/fill.ts";
import { formatTime } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useDialog, useHolds } from "./room.ts";

const words = texts.tenant.holds;

export function HoldsCard({ tenant: { id, status } }: { tenant: TenantView }): ReactNode {
  const { data, error, refetch } = useHolds(id);
  const open = useDialog();
  const inForce = data?.items.filter(({ liftedAt }) => liftedAt === undefined) ?? [];
  const lifted = data?.items.filter(({ liftedAt }) => liftedAt !== undefined) ?? [];
  return (
    <Card
      title={words.title}
      actions={
        status !== "purged" && (
          <Button size="xs" variant="default" onClick={() => open("hold")}>
            {words.place}
          </Button>
        )
      }
    >
      {error && <Problem error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton h={40} />}
      {data && inForce.length === 0 && (
        <Text size="sm">
          {words.none}{" "}
          {status !== "purged" && (
            <Text span c="dimmed" inherit>
              {words.noneLead}
            </Text>
          )}
        </Text>
      )}
      {[...inForce, ...lifted].map((hold) => (
        <Hold key={hold.id} hold={hold} lift={() => open("lift", hold.id)} />
      ))}
    </Card>
  );
}

function Hold({ hold, lift }: { hold: HoldView; lift: () => void }): ReactNode {
  const { reason, placedBy, placedAt, liftedAt } = hold;
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap">
      <Stack gap={0} miw={0}>
        <Text size="sm" fw={liftedAt === undefined ? 600 : 400}>
          {reason}
        </Text>
        <Text size="xs" c="dimmed">
          {fill(words.placed, { when: formatTime(placedAt), who: placedBy })}
          {liftedAt !== undefined && ` · ${fill(words.lifted, { when: formatTime(liftedAt) })}`}
        </Text>
      </Stack>
      {liftedAt === undefined && (
        <Button
          size="xs"
          variant="light"
          flex="none"
          onClick={lift}
          aria-label={fill(words.liftNamed, { reason })}
        >
          {words.lift}
        </Button>
      )}
    </Group>
  );
}
