// What was rolled out, tried and compared lately.
import type { OperationView } from "@hestia/api";
import { Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { kindText, StatusMark } from "../operations/status-mark.tsx";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { useLatest } from "./queries.ts";
import type { MigrationSearch } from "./search.ts";

export function RecentRuns(): ReactNode {
  const words = texts.migrations.runs;
  const found = [
    useLatest("migrations.up"),
    useLatest("migrations.try"),
    useLatest("migrations.drift"),
  ];
  const all = found
    .flatMap(({ data }) => data?.items ?? [])
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .slice(0, 8);
  const columns = [words.what, words.status, words.began, words.detail];
  return (
    <Card
      title={words.title}
      actions={
        <ToAnchor to="/operations" size="sm">
          {words.all}
        </ToAnchor>
      }
    >
      {found.some(({ isPending }) => isPending) && <Skeleton height={80} aria-hidden />}
      {all.length === 0 && found.every(({ isSuccess }) => isSuccess) && (
        <Text size="sm" c="dimmed">
          {words.none}
        </Text>
      )}
      {all.length > 0 && (
        <Rows caption={words.title} columns={columns}>
          {all.map((operation) => (
            <Row key={operation.id} labels={columns}>
              <ToAnchor to="/migrations" search={searchOf(operation)} fw={600}>
                {kindText(operation.kind)}
              </ToAnchor>
              <StatusMark operation={operation} />
              <Ago iso={operation.createdAt} />
              <Text size="sm" c="dimmed" lineClamp={2}>
                {operation.error?.message ??
                  operation.steps.findLast(({ detail }) => detail !== undefined)?.detail}
              </Text>
            </Row>
          ))}
        </Rows>
      )}
    </Card>
  );
}

function searchOf({ id, kind }: OperationView): MigrationSearch {
  if (kind === "migrations.drift") return { view: "drift", drift: id };
  return kind === "migrations.try" ? { view: "roll-out", trial: id } : { run: id };
}
