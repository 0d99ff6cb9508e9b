// An id, a host or a command, to be copied with one press.
import { ActionIcon, CopyButton, Group, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

export function CopyText({ value, shown = value }: { value: string; shown?: string }): ReactNode {
  const words = texts.app.copy;
  return (
    <Group component="span" gap={4} wrap="nowrap" display="inline-flex">
      <span className="mono">{shown}</span>
      <CopyButton value={value} timeout={1_500}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? words.copied : words.copy}>
            <ActionIcon
              size="sm"
              variant="subtle"
              color={copied ? "teal" : "gray"}
              onClick={copy}
              aria-label={copied ? words.copied : `${words.copy} ${shown}`}
            >
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
