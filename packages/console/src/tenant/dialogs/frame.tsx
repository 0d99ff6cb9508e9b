// What every dialog of the room has: what will happen, whether it can be undone, what went wrong, and two ways out. Nothing
// is done before its own button is pressed.
import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import { type FormEvent, type ReactNode, useId } from "react";
import { Problem } from "../../shared/problem.tsx";
import { texts } from "../../texts/index.ts";

export type FrameProps = {
  readonly what?: readonly string[];
  readonly undo?: string;
  readonly error?: unknown;
  /** Said instead of the button's work where it is not possible. */
  readonly impossible?: string | undefined;
  readonly submit: string;
  readonly isDangerous?: boolean;
  readonly canSubmit?: boolean;
  readonly isPending: boolean;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
};

export function Frame(props: FrameProps): ReactNode {
  const words = texts.tenant.dialog;
  const { what = [], undo, error, impossible, canSubmit = true, children } = props;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (canSubmit && impossible === undefined && !props.isPending) props.onSubmit();
  };
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        {impossible !== undefined && (
          <Alert color="yellow" title={words.impossible}>
            {impossible}
          </Alert>
        )}
        {what.length > 0 && <Said title={words.what} lines={what} />}
        {undo !== undefined && <Said title={words.undo} lines={[undo]} />}
        {children}
        {error != null && <Problem error={error} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={props.onClose}>
            {words.cancel}
          </Button>
          <Button
            type="submit"
            color={props.isDangerous ? "red.8" : undefined}
            loading={props.isPending}
            disabled={!canSubmit || impossible !== undefined}
          >
            {props.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Said({ title, lines }: { title: string; lines: readonly string[] }): ReactNode {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Text id={id} fw={600} size="sm" mb={4}>
        {title}
      </Text>
      <List
        size="sm"
        spacing={2}
        withPadding={lines.length > 1}
        listStyleType={lines.length > 1 ? "disc" : "none"}
      >
        {lines.map((line) => (
          <List.Item key={line}>{line}</List.Item>
        ))}
      </List>
    </section>
  );
}
