// Everything about a thing as JSON, to be copied.
import { Button, Code, Collapse, CopyButton, Group, Stack } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import { texts } from "../texts/index.ts";

export function Raw({
  value,
  isOpen,
  onToggle,
}: {
  value: unknown;
  isOpen: boolean;
  onToggle: () => void;
}): ReactNode {
  const words = texts.operations.one;
  const id = useId();
  const Icon = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<Icon size={14} />}
          onClick={onToggle}
          aria-expanded={isOpen}
          aria-controls={id}
        >
          {words.raw}
        </Button>
        <CopyButton value={JSON.stringify(value, null, 2)} timeout={1_500}>
          {({ copied, copy }) => (
            <Button variant="subtle" color="gray" size="compact-sm" onClick={copy}>
              {copied ? words.copiedRaw : words.copyRaw}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Collapse expanded={isOpen} id={id}>
        {isOpen && <Json value={value} />}
      </Collapse>
    </Stack>
  );
}

/** A value as JSON. */
export function Json({ value }: { value: unknown }): ReactNode {
  return (
    <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} className="numbers">
      {JSON.stringify(value, null, 2)}
    </Code>
  );
}
