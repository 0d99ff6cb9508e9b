// The waves of a roll-out in their order: how each stands, and how far its targets are.
import type { MigrationRunView } from "@hestia/api";
import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { texts } from "../texts/index.ts";
import { waveText } from "./failures.tsx";
import classes from "./waves.module.css";

type Wave = MigrationRunView["waves"][number];

const colours = {
  waiting: "gray",
  running: "blue",
  held: "yellow",
  stopped: "red",
  done: "teal",
  failures: "red",
} as const;

export function Waves({ run }: { run: MigrationRunView }): ReactNode {
  const words = texts.migrations.run;
  if (run.waves.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {words.noWaves}
      </Text>
    );
  return (
    <ol className={classes.waves}>
      {run.waves.map((wave) => (
        <WaveLine key={wave.name} wave={wave} />
      ))}
    </ol>
  );
}

function WaveLine({ wave }: { wave: Wave }): ReactNode {
  const words = texts.migrations.run;
  const { name, targets, current, blocked, deferred, waiting } = wave;
  const state = wave.state === "done" && blocked + deferred > 0 ? "failures" : wave.state;
  const said = [
    fill(words.of, { current, targets }),
    ...(blocked > 0 ? [fill(words.blocked, { count: blocked })] : []),
    ...(deferred > 0 ? [fill(words.deferred, { count: deferred })] : []),
    ...(waiting > 0 ? [fill(words.waiting, { count: waiting })] : []),
  ].join(", ");
  const share = (count: number) => (100 * count) / Math.max(targets, 1);
  return (
    <li aria-current={state === "running" ? "step" : undefined}>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Group gap="xs">
            <Text fw={600}>{waveText(name)}</Text>
            <Badge color={colours[state]} variant="light" tt="none">
              {words.state[state]}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" className="numbers">
            {said}
          </Text>
        </Group>
        <Progress.Root size="sm" aria-hidden>
          <Progress.Section value={share(current)} color="teal" />
          <Progress.Section value={share(blocked)} color="red" />
          <Progress.Section value={share(deferred)} color="yellow" />
        </Progress.Root>
      </Stack>
    </li>
  );
}
