// What a drift check found: each partition that differs, with what is missing, extra or different in it.
import type { DriftResult } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { Alert, Badge, List, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { counted, fill } from "../shared/fill.ts";
import { Row, Rows } from "../shared/rows.tsx";
import { TenantLink } from "../tenants/tenant-link.tsx";
import { texts } from "../texts/index.ts";

type Drift = DriftResult["drifts"][number];

const colours = { missing: "red", extra: "yellow", different: "orange" } as const;

export function DriftReport({ result }: { result: Record<string, unknown> }): ReactNode {
  const words = texts.migrations.drift;
  const { compared, differing, drifts, unread } = result as DriftResult;
  const count = counted(texts.migrations.partitions, compared);
  return (
    <Stack gap="lg">
      <Alert color={differing + unread.length === 0 ? "teal" : "yellow"} role="status">
        {differing === 0 && unread.length === 0
          ? fill(words.clean, { count })
          : fill(words.found, { differing, count })}
        {differing > 0 && (
          <Text size="sm" mt={4}>
            {words.cure}
          </Text>
        )}
      </Alert>
      {drifts.map((drift) => (
        <Partition key={drift.target} drift={drift} />
      ))}
      {differing > drifts.length && (
        <Text size="sm">{fill(words.moreTargets, { count: differing - drifts.length })}</Text>
      )}
      {unread.length > 0 && (
        <Card title={words.unread}>
          <List size="sm">
            {unread.map(({ target, slug, message }) => (
              <List.Item key={target}>
                {slug ?? target}: {message}
              </List.Item>
            ))}
          </List>
        </Card>
      )}
    </Stack>
  );
}

function Partition({ drift }: { drift: Drift }): ReactNode {
  const words = texts.migrations.drift;
  const { target, slug, count, differences } = drift;
  const columns = [words.state, words.kind, words.name, words.is, words.should];
  return (
    <Card
      title={slug ?? target}
      actions={slug === undefined ? undefined : <TenantLink id={target as TenantId} name={slug} />}
    >
      <Rows caption={slug ?? target} columns={columns}>
        {differences.map(({ kind, name, state, expected, found }) => (
          <Row key={kind + name} labels={columns}>
            <Badge color={colours[state]} variant="light" tt="none">
              {words.states[state]}
            </Badge>
            {kind}
            <span className="mono">{name}</span>
            <span className="mono">{found}</span>
            <span className="mono">{expected}</span>
          </Row>
        ))}
      </Rows>
      {count > differences.length && (
        <Text size="sm" c="dimmed">
          {fill(words.more, { count: count - differences.length })}
        </Text>
      )}
    </Card>
  );
}
