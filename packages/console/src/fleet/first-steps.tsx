// A platform with nobody on it: what to do first, here or from the command line.
import { Group, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useMigrationState } from "../migrations/queries.ts";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { ToButton } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import classes from "./fleet.module.css";
import { isolationCommand } from "./isolation-card.tsx";

export function FirstSteps(): ReactNode {
  const words = texts.fleet.first;
  const isStored = (useMigrationState().data?.files.length ?? 0) > 0;
  return (
    <Card title={words.title} lead={words.lead}>
      <ol className={classes.steps}>
        <Step
          number={1}
          title={words.migrations}
          lead={words.migrationsLead}
          isDone={isStored}
          command="npx --no hestia migrate up --dir migrations"
        />
        <Step
          number={2}
          title={words.tenant}
          lead={words.tenantLead}
          command="npx --no hestia tenants create acme"
        >
          <ToButton to="/tenants/new">{texts.tenants.create}</ToButton>
        </Step>
        <Step
          number={3}
          title={words.isolation}
          lead={words.isolationLead}
          command={isolationCommand}
        />
      </ol>
    </Card>
  );
}

function Step({
  number,
  title,
  lead,
  command,
  isDone = false,
  children,
}: {
  number: number;
  title: string;
  lead: string;
  command: string;
  isDone?: boolean;
  children?: ReactNode;
}): ReactNode {
  return (
    <li className={classes.step}>
      <ThemeIcon
        radius="xl"
        size={30}
        variant="light"
        color={isDone ? "teal" : "ember"}
        aria-hidden
      >
        {isDone ? <IconCheck size={16} /> : number}
      </ThemeIcon>
      <Stack gap="xs" align="flex-start">
        <Group gap="xs">
          <Text fw={600}>{title}</Text>
          {isDone && (
            <Text size="sm" c="dimmed">
              {texts.fleet.first.done}
            </Text>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {lead}
        </Text>
        {children}
        <Command
          value={command}
          {...(children === undefined ? { label: texts.app.commandAlone } : {})}
        />
      </Stack>
    </li>
  );
}
