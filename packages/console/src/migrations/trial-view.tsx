// What a dry run found out: who would get what in which wave, and which file would fail.
import type { TrialResult } from "@hestia/api";
import { Alert, List, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { counted, fill } from "../shared/fill.ts";
import { formatNumber } from "../shared/format.ts";
import { Row, Rows } from "../shared/rows.tsx";
import { texts } from "../texts/index.ts";
import { waveText } from "./failures.tsx";

const named = 4;

export function TrialView({ result }: { result: Record<string, unknown> }): ReactNode {
  const words = texts.migrations.trial;
  const { waves, blocked, files, targets } = result as TrialResult;
  const bad = files.filter(({ message }) => message !== undefined);
  const columns = [words.wave, words.targets, words.among, words.files];
  return (
    <Stack gap="md">
      {bad.length > 0 ? (
        <Alert color="red" title={words.bad}>
          <List size="sm">
            {bad.map(({ file, message, line }) => (
              <List.Item key={file}>
                <span className="mono">
                  {file}
                  {line !== undefined && `:${line}`}
                </span>{" "}
                {message}
              </List.Item>
            ))}
          </List>
        </Alert>
      ) : (
        <Alert color="teal">
          {targets === 0
            ? words.nothing
            : fill(words.good, { count: counted(texts.migrations.targetCount, targets) })}
        </Alert>
      )}
      {waves.length > 0 && (
        <Rows caption={words.title} columns={columns}>
          {waves.map(({ name, count, targets: some }) => (
            <Row key={name} labels={columns}>
              {waveText(name)}
              <span className="numbers">{formatNumber(count)}</span>
              {cut(
                some.map(({ slug, target }) => slug ?? target),
                count,
              )}
              <span className="mono">{cut([...new Set(some.flatMap((each) => each.files))])}</span>
            </Row>
          ))}
        </Rows>
      )}
      {blocked.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            {words.blocked}
          </Text>
          <List size="sm">
            {blocked.map(({ target, slug, message }) => (
              <List.Item key={target}>
                {slug ?? target}: {message}
              </List.Item>
            ))}
          </List>
        </div>
      )}
    </Stack>
  );
}

function cut(names: readonly string[], total = names.length): string {
  const shown = names.slice(0, named).join(", ");
  const more = total - Math.min(names.length, named);
  return more > 0 ? `${shown} ${fill(texts.migrations.trial.more, { count: more })}` : shown;
}
