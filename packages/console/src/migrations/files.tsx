// The stored files, the newest first.
import type { MigrationStateView } from "@hestia/api";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { texts } from "../texts/index.ts";

export function Files({ files }: { files: MigrationStateView["files"] }): ReactNode {
  const words = texts.migrations.files;
  const columns = [words.name, words.set, words.stored, words.checksum];
  return (
    <Card title={words.title} lead={words.lead}>
      <Rows caption={words.title} columns={columns}>
        {files.toReversed().map(({ set, name, storedAt, checksum }) => (
          <Row key={set + name} labels={columns}>
            <span className="mono">
              {set}/{name}
            </span>
            {texts.migrations.sets[set]}
            <Ago iso={storedAt} />
            <Text span className="mono" c="dimmed" title={checksum}>
              {checksum.slice(0, 12)}
            </Text>
          </Row>
        ))}
      </Rows>
    </Card>
  );
}
