// What was played: attacks by model and kind, and mutations with those that nobody saw first.
import type { IsolationReportView } from "@hestia/api";
import { Badge, Group, List, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { formatNumber } from "../shared/format.ts";
import { Row, Rows } from "../shared/rows.tsx";
import { texts } from "../texts/index.ts";

const words = texts.isolation.check;

export function Groups({ report }: { report: IsolationReportView }): ReactNode {
  const labels = [words.group, words.model, words.played, words.through];
  return (
    <Card title={words.groups}>
      <Rows caption={words.groups} columns={labels}>
        {report.groups.map(({ model, group, probes, failed }) => (
          <Row key={`${model} ${group}`} labels={labels}>
            <Text size="sm">{group}</Text>
            <Text size="sm">{model || words.allModels}</Text>
            <Text size="sm" className="numbers">
              {formatNumber(probes)}
            </Text>
            <Text size="sm" className="numbers" fw={failed > 0 ? 700 : 400}>
              {formatNumber(failed)}
            </Text>
          </Row>
        ))}
      </Rows>
    </Card>
  );
}

export function Mutations({ report: { mutations } }: { report: IsolationReportView }): ReactNode {
  const sorted = mutations.toSorted((one, other) => Number(one.caught) - Number(other.caught));
  return (
    <Card title={words.mutations} lead={words.mutationsLead}>
      {sorted.length === 0 ? (
        <Text size="sm">{words.noMutations}</Text>
      ) : (
        <List size="sm" listStyleType="none" spacing={6}>
          {sorted.map(({ name, caught }) => (
            <List.Item key={name}>
              <Group gap="xs" wrap="nowrap" align="flex-start">
                <Badge
                  size="sm"
                  variant="light"
                  color={caught ? "teal" : "red"}
                  tt="none"
                  miw={64}
                  autoContrast
                >
                  {caught ? words.caught : words.missed}
                </Badge>
                <span>{name}</span>
              </Group>
            </List.Item>
          ))}
        </List>
      )}
    </Card>
  );
}
