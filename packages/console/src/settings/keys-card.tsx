// Everybody's keys.
import { Badge, Button, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { fill } from "../shared/fill.ts";
import { More } from "../shared/more.tsx";
import { Problem } from "../shared/problem.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { texts } from "../texts/index.ts";
import { useKeys, useSession } from "./keys.ts";

const words = texts.settings.keys;

export function KeysCard({
  onCreate,
  onRevoke,
}: {
  onCreate: () => void;
  onRevoke: (id: string) => void;
}): ReactNode {
  const found = useKeys();
  const own = useSession().data?.operator.id;
  const { name, state, created, id: idLabel, actions } = words.columns;
  const labels = [name, state, created, idLabel, actions];
  return (
    <Card
      title={words.title}
      lead={words.lead}
      actions={
        <Button size="xs" leftSection={<IconPlus size={14} />} onClick={onCreate}>
          {words.create}
        </Button>
      }
    >
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton rows={2} />}
      {found.data && (
        <Rows caption={words.title} columns={labels}>
          {found.data.pages
            .flatMap(({ items }) => items)
            .map((key) => (
              <Row key={key.id} labels={labels}>
                <Group gap={6}>
                  <Text size="sm" fw={600}>
                    {key.name}
                  </Text>
                  {key.id === own && (
                    <Badge size="sm" variant="light" tt="none">
                      {words.own}
                    </Badge>
                  )}
                </Group>
                <Text size="sm" c={key.revokedAt === undefined ? undefined : "dimmed"}>
                  {key.revokedAt === undefined ? words.open : words.revoked}
                  {key.revokedAt !== undefined && " "}
                  {key.revokedAt !== undefined && <Ago iso={key.revokedAt} />}
                </Text>
                <Text size="sm">
                  <Ago iso={key.createdAt} />
                </Text>
                <CopyText value={key.id} shown={`…${key.id.slice(-8)}`} />
                {key.revokedAt === undefined && (
                  <span>
                    <Button
                      size="compact-xs"
                      variant="default"
                      onClick={() => onRevoke(key.id)}
                      aria-label={fill(words.revokeNamed, { name: key.name })}
                    >
                      {words.revoke}
                    </Button>
                  </span>
                )}
              </Row>
            ))}
        </Rows>
      )}
      <More found={found} />
      <Text size="xs" c="dimmed">
        {texts.app.command} <CopyText value={words.command} />
      </Text>
    </Card>
  );
}
